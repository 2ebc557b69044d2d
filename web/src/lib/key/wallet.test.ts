import { privateKeyToAccount } from "viem/accounts";
import { describe, expect, test } from "vitest";
import { Declined } from "../signing/signer";
import type { TypedData } from "../signing/typedData";
import {
  connect,
  findWallets,
  type Provider,
  reconnect,
  type Wallet,
  WalletAnswerUnknown,
  WalletChainWrong,
  WalletEmpty,
} from "./wallet";

const account = privateKeyToAccount(`0x${"5a".repeat(32)}`);
const DATA: TypedData = {
  domain: { name: "Tanyu Exchange", version: "1", chainId: 31337, verifyingContract: account.address },
  types: { Cancel: [{ name: "number", type: "uint256" }] },
  primaryType: "Cancel",
  message: { number: 7n },
};

/** A wallet that signs with a key of its own; `answers` are given in place of its own. */
function walletOf(answers: Record<string, unknown> = {}): Wallet & { asked: string[] } {
  const asked: string[] = [];
  const provider: Provider = {
    async request({ method, params = [] }) {
      asked.push(method);
      const answer = answers[method];
      if (answer instanceof Error) throw answer;
      if (answer !== undefined) return answer;
      if (method === "eth_chainId") return "0x7a69";
      if (method === "personal_sign") return account.signMessage({ message: { raw: params[0] as `0x${string}` } });
      if (method === "eth_signTypedData_v4") {
        const { domain, types, primaryType, message } = JSON.parse(String(params[1]));
        return account.signTypedData({ domain, types: { Cancel: types.Cancel }, primaryType, message });
      }
      return [account.address.toLowerCase()];
    },
  };
  return { info: { uuid: "u", name: "A wallet", icon: "data:image/png,", rdns: "example.wallet" }, provider, asked };
}

describe("findWallets", () => {
  const announce = (page: EventTarget, detail: unknown): boolean =>
    page.dispatchEvent(Object.assign(new Event("eip6963:announceProvider"), { detail }));

  test("hears each wallet once, those that answer the request and those that come later", () => {
    const page = new EventTarget();
    const [early, late] = [walletOf(), walletOf()];
    page.addEventListener("eip6963:requestProvider", () => announce(page, early));
    const found: Wallet[] = [];
    const stop = findWallets((wallet) => found.push(wallet), page);
    expect(found).toEqual([early]);
    announce(page, { ...late, info: { ...late.info, uuid: "v" } });
    announce(page, early);
    expect(found).toHaveLength(2);
    stop();
    announce(page, { ...late, info: { ...late.info, uuid: "w" } });
    expect(found).toHaveLength(2);
  });

  test.each([null, {}, { info: { uuid: "u" } }, { info: walletOf().info, provider: {} }])(
    "hears nothing in %o",
    (detail) => {
      const page = new EventTarget();
      const found: Wallet[] = [];
      findWallets((wallet) => found.push(wallet), page);
      announce(page, detail);
      expect(found).toEqual([]);
    },
  );
});

test("a wallet's account signs texts and typed data as the key itself would", async () => {
  const signer = await connect(walletOf());
  expect(signer.address).toBe(account.address);
  expect(await signer.signText("碳余")).toBe(await account.signMessage({ message: "碳余" }));
  const { domain, primaryType } = DATA;
  const own = { Cancel: [{ name: "number", type: "uint256" }] } as const;
  const expected = await account.signTypedData({
    domain,
    types: own,
    primaryType: primaryType as "Cancel",
    message: { number: 7n },
  });
  expect(await signer.signTyped(DATA)).toBe(expected);
});

test("a wallet on another chain is not asked to sign", async () => {
  const wallet = walletOf({ eth_chainId: "0x1" });
  const signer = await connect(wallet);
  await expect(signer.signTyped(DATA)).rejects.toThrow(WalletChainWrong);
  expect(wallet.asked).not.toContain("eth_signTypedData_v4");
});

test("the person's no is a no; another failure is told as it is; an answer must be readable", async () => {
  const no = Object.assign(new Error("User rejected"), { code: 4001 });
  await expect(connect(walletOf({ eth_requestAccounts: no }))).rejects.toThrow(Declined);
  await expect((await connect(walletOf({ personal_sign: no }))).signText("x")).rejects.toThrow(Declined);
  const broken = new Error("internal");
  await expect((await connect(walletOf({ personal_sign: broken }))).signText("x")).rejects.toThrow(broken);
  await expect((await connect(walletOf({ personal_sign: "yes" }))).signText("x")).rejects.toThrow(WalletAnswerUnknown);
  await expect(connect(walletOf({ eth_requestAccounts: [] }))).rejects.toThrow(WalletEmpty);
});

test("a wallet that knows this page already is taken again without asking anybody", async () => {
  const wallet = walletOf();
  expect((await reconnect(wallet, account.address))?.address).toBe(account.address);
  expect(wallet.asked).toEqual(["eth_accounts"]);
  expect(await reconnect(walletOf({ eth_accounts: [] }), account.address)).toBeUndefined();
});
