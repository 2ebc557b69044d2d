import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Hex } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { describe, expect, test } from "vitest";
import { keySigner } from "../key/keySigner";
import {
  type Deployment,
  DeploymentDiffers,
  type Domain,
  digestOf,
  fieldsOf,
  jsonOf,
  type Message,
  MessageMalformed,
  messageTypes,
  typedDataOf,
} from "./typedData";

interface Vector {
  type: string;
  domain: Domain;
  message: Message;
  digest: Hex;
  signer: string;
  signature: Hex;
}

const FILE = join(import.meta.dirname, "../../../../tests/vectors/typed_data.json");
const { vectors }: { vectors: Vector[] } = JSON.parse(readFileSync(FILE, "utf8"));
/** Person 10 of the local chain: a public key of the mnemonic that every development node knows. */
const DEV_KEY: Hex = "0xf214f2b2cd398c806f84e317254e0f0b801d0643303237d97a22a48e01628897";

const nameOf = ({ domain }: Vector): string => domain.name.replace(/^Tanyu (Test Dollar)?/, "") || "PaymentToken";
const typeStringOf = (vector: Vector): string => {
  const files = import.meta.glob<{ primaryType: string; typeString: string }>("../../../../contracts/eip712/*.json", {
    eager: true,
    import: "default",
  });
  return Object.values(files).find(({ primaryType }) => primaryType === vector.type)?.typeString ?? "";
};

function deploymentOf(vector: Vector, change: Partial<Domain> = {}): Deployment {
  const contract = nameOf(vector);
  const domain = { ...vector.domain, ...change };
  const message = { primaryType: vector.type, typeString: typeStringOf(vector), contract, domain, types: {} };
  return {
    chainId: vector.domain.chainId,
    genesisHash: "0x",
    contracts: { [contract]: vector.domain.verifyingContract },
    messages: [{ ...message, description: "" }],
  };
}

const dataOf = (vector: Vector, message = vector.message) =>
  typedDataOf(nameOf(vector), vector.type, message, deploymentOf(vector));

test("every message but the token's own permit has a vector", () => {
  expect(vectors.map(({ type }) => type).sort()).toEqual(
    messageTypes()
      .filter((type) => type !== "Permit")
      .sort(),
  );
});

describe.each(vectors)("$type", (vector) => {
  test("has the written digest, and the development key's written signature", async () => {
    const data = dataOf(vector);
    expect(digestOf(data)).toBe(vector.digest);
    const signer = keySigner(DEV_KEY);
    expect(signer.address).toBe(vector.signer);
    expect(await signer.signTyped(data)).toBe(vector.signature);
  });

  test("is the same to a wallet, by the JSON of eth_signTypedData_v4", async () => {
    const { domain, types, primaryType, message } = JSON.parse(jsonOf(dataOf(vector)));
    const { EIP712Domain: _, ...own } = types;
    const account = privateKeyToAccount(DEV_KEY);
    expect(await account.signTypedData({ domain, types: own, primaryType, message })).toBe(vector.signature);
  });

  test("is refused without a field, with one too many, and with one of another kind", () => {
    for (const { name } of fieldsOf(dataOf(vector))) {
      const { [name]: _, ...rest } = vector.message;
      expect(() => dataOf(vector, rest)).toThrow(MessageMalformed);
      expect(() => dataOf(vector, { ...vector.message, [name]: -1n })).toThrow(MessageMalformed);
    }
    expect(() => dataOf(vector, { ...vector.message, more: "x" })).toThrow(MessageMalformed);
  });

  test.each([
    { chainId: 1 },
    { name: "Tanyu" },
    { version: "2" },
    { verifyingContract: "0xBcd4042DE499D14e55001CcbB24a551F3b954096" as const },
  ])("is not signed for a domain that differs: %o", (change) => {
    const deployment = deploymentOf(vector, change);
    expect(() => typedDataOf(nameOf(vector), vector.type, vector.message, deployment)).toThrow(DeploymentDiffers);
  });
});

test("a message goes only to a contract that takes it", () => {
  const [vector] = vectors;
  if (vector === undefined) throw new Error("no vectors");
  expect(() => typedDataOf("Exchange", vector.type, vector.message, deploymentOf(vector))).toThrow(MessageMalformed);
});
