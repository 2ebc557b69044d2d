/** Wallets of the browser: found by EIP-6963, asked by EIP-1193. What they say of themselves is theirs: shown, not trusted. */

import type { Address, Hex } from "viem";
import { getAddress, isAddress, isHex, stringToHex } from "viem/utils";
import { Declined, type Signer } from "../signing/signer";
import { jsonOf } from "../signing/typedData";

/** EIP-1193. */
export interface Provider {
  request(asked: { method: string; params?: readonly unknown[] }): Promise<unknown>;
}

export interface Wallet {
  readonly info: {
    readonly uuid: string;
    readonly name: string;
    /** A data: URL of a picture. */
    readonly icon: string;
    /** Reverse domain name: the same on every visit. */
    readonly rdns: string;
  };
  readonly provider: Provider;
}

/** The wallet gave no account. */
export class WalletEmpty extends Error {
  readonly code = "web.wallet_empty";
  constructor(readonly wallet: string) {
    super(`${wallet} gave no account`);
  }
}

/** The wallet is on another chain than the contracts; what it would sign there is worth nothing here. */
export class WalletChainWrong extends Error {
  readonly code = "web.wallet_chain_wrong";
  constructor(
    readonly found: number,
    readonly expected: number,
  ) {
    super(`the wallet is on chain ${found}; switch it to chain ${expected}`);
  }
}

/** The wallet answered with something else than was asked for. */
export class WalletAnswerUnknown extends Error {
  readonly code = "web.wallet_answer_unknown";
  constructor(readonly method: string) {
    super(`the wallet's answer to ${method} cannot be read`);
  }
}

function isWallet(detail: unknown): detail is Wallet {
  const { info, provider } = (detail ?? {}) as Partial<Wallet>;
  const said = [info?.uuid, info?.name, info?.icon, info?.rdns];
  return said.every((text) => typeof text === "string") && typeof provider?.request === "function";
}

/** Calls `found` for every wallet that announces itself, each once; returns the way to stop. */
export function findWallets(found: (wallet: Wallet) => void, page: EventTarget = globalThis): () => void {
  const known = new Set<string>();
  const announced = (event: Event): void => {
    const { detail } = event as CustomEvent<unknown>;
    if (!isWallet(detail) || known.has(detail.info.uuid)) return;
    known.add(detail.info.uuid);
    found(detail);
  };
  page.addEventListener("eip6963:announceProvider", announced);
  page.dispatchEvent(new Event("eip6963:requestProvider"));
  return () => page.removeEventListener("eip6963:announceProvider", announced);
}

const USER_REJECTED = 4001; // EIP-1193

async function asked(provider: Provider, method: string, params: readonly unknown[] = []): Promise<unknown> {
  try {
    return await provider.request({ method, params });
  } catch (failure) {
    const code = typeof failure === "object" && failure !== null && "code" in failure ? failure.code : undefined;
    if (code === USER_REJECTED) throw new Declined();
    throw failure;
  }
}

/** A signature, or a transaction's hash. */
async function signature(provider: Provider, method: string, params: readonly unknown[]): Promise<Hex> {
  const answer = await asked(provider, method, params);
  if (typeof answer !== "string" || !isHex(answer)) throw new WalletAnswerUnknown(method);
  return answer;
}

async function addresses(provider: Provider, method: string): Promise<readonly Address[]> {
  const answer = await asked(provider, method);
  const found: readonly unknown[] = Array.isArray(answer) ? answer : [];
  return found
    .filter((text): text is string => typeof text === "string" && isAddress(text, { strict: false }))
    .map((text) => getAddress(text));
}

async function requireChain(provider: Provider, chainId: number): Promise<void> {
  const found = Number(await asked(provider, "eth_chainId"));
  if (found !== chainId) throw new WalletChainWrong(found, chainId);
}

function signerOf({ provider }: Wallet, address: Address): Signer {
  return {
    address,
    kind: "wallet",
    async signTyped(data) {
      await requireChain(provider, data.domain.chainId);
      return signature(provider, "eth_signTypedData_v4", [address, jsonOf(data)]);
    },
    signText: (text) => signature(provider, "personal_sign", [stringToHex(text), address]),
    async send({ chainId, to, data }) {
      await requireChain(provider, chainId);
      return signature(provider, "eth_sendTransaction", [{ from: address, to, data }]);
    },
  };
}

/** Asks a wallet for an account, which it asks the person for. Throws Declined, WalletEmpty. */
export async function connect(wallet: Wallet): Promise<Signer> {
  const [address] = await addresses(wallet.provider, "eth_requestAccounts");
  if (address === undefined) throw new WalletEmpty(wallet.info.name);
  return signerOf(wallet, address);
}

/** The signer of an account that the wallet lets this page use already; undefined if it does not. Asks nobody. */
export async function reconnect(wallet: Wallet, address: Address): Promise<Signer | undefined> {
  const known = await addresses(wallet.provider, "eth_accounts");
  return known.includes(address) ? signerOf(wallet, address) : undefined;
}
