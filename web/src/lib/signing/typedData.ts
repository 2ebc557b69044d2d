/**
 * What people sign, as EIP-712 typed data. contracts/eip712 is the one source: Solidity's tests, Python and these pages
 * read the same files.
 *
 * A server tells where it deployed the contracts (`GET /signing`); what it says of the messages must agree with the files
 * this page was built with, or nothing is signed.
 */

import type { Address, Hex } from "viem";
import { getAddress, hashTypedData } from "viem/utils";
import type { SchemaSigningOut as SigningOut } from "../api/schema";

export type Deployment = SigningOut;
export type Kind = "address" | "bool" | "bytes32" | "string" | "uint256";
export type Value = string | bigint | boolean;
/** A message's fields by name. uint256 may be bigint, or a decimal string as the API writes it. */
export type Message = Readonly<Record<string, Value>>;

export interface Field {
  readonly name: string;
  readonly type: Kind;
}

export interface Domain {
  readonly name: string;
  readonly version: string;
  readonly chainId: number;
  readonly verifyingContract: Address;
}

/** A whole message, ready to be signed; uint256 are bigint. */
export interface TypedData {
  readonly domain: Domain;
  readonly types: Readonly<Record<string, readonly Field[]>>;
  readonly primaryType: string;
  readonly message: Message;
}

/** One file of contracts/eip712. */
interface Definition {
  readonly verifyingContract: string;
  readonly alsoVerifyingContracts?: readonly string[];
  readonly primaryType: string;
  readonly types: Readonly<Record<string, readonly Field[]>>;
  readonly typeString: string;
}

/** The server's contracts take other messages than this page knows. */
export class DeploymentDiffers extends Error {
  readonly code = "web.deployment_differs";
  constructor(
    readonly what: string,
    readonly found: string,
    readonly expected: string,
  ) {
    super(`the server's ${what} is ${found}; this page knows ${expected}`);
  }
}

/** A message without one of its fields, with one too many, or with a value of another kind. */
export class MessageMalformed extends Error {
  readonly code = "web.message_malformed";
  constructor(
    readonly field: string,
    readonly expected: string,
  ) {
    super(`${field} of the message must be ${expected}`);
  }
}

/** EIP-2612, the payment token's own message: not ours, so not in contracts/eip712. */
const PERMIT: Definition = {
  verifyingContract: "PaymentToken",
  primaryType: "Permit",
  types: {
    Permit: [
      { name: "owner", type: "address" },
      { name: "spender", type: "address" },
      { name: "value", type: "uint256" },
      { name: "nonce", type: "uint256" },
      { name: "deadline", type: "uint256" },
    ],
  },
  typeString: "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)",
};

const files = import.meta.glob<Definition>(
  [
    "../../../../contracts/eip712/*.json",
    "!../../../../contracts/eip712/domains.json",
    "!../../../../contracts/eip712/schema.json",
  ],
  { eager: true, import: "default" },
);
const definitions: readonly Definition[] = [...Object.values(files), PERMIT];

const [domains] = Object.values(
  import.meta.glob<Readonly<Record<string, { name: string; version: string }>>>(
    "../../../../contracts/eip712/domains.json",
    { eager: true, import: "default" },
  ),
);

/** The names of the messages there are. */
export const messageTypes = (): readonly string[] => definitions.map(({ primaryType }) => primaryType);

function definitionOf(contract: string, type: string): Definition {
  const found = definitions.find(({ primaryType }) => primaryType === type);
  const takers = found && [found.verifyingContract, ...(found.alsoVerifyingContracts ?? [])];
  if (found === undefined || !takers?.includes(contract)) throw new MessageMalformed(type, `a message of ${contract}`);
  return found;
}

function require(what: string, found: string | number | undefined, expected: string | number): void {
  if (found !== expected) throw new DeploymentDiffers(what, String(found), String(expected));
}

function domainOf(contract: string, definition: Definition, deployment: Deployment): Domain {
  const said = deployment.messages.find(
    (message) => message.contract === contract && message.primaryType === definition.primaryType,
  );
  if (said === undefined) throw new DeploymentDiffers(`${contract}`, "without it", definition.primaryType);
  require(`type ${definition.primaryType}`, said.typeString, definition.typeString);
  require(`chain of ${contract}`, said.domain.chainId, deployment.chainId);
  require(`address of ${contract}`, said.domain.verifyingContract, deployment.contracts[contract] ?? "unknown");
  const known = domains?.[contract];
  if (known !== undefined && contract !== PERMIT.verifyingContract) {
    require(`name of ${contract}`, said.domain.name, known.name);
    require(`version of ${contract}`, said.domain.version, known.version);
  }
  const { name, version, chainId, verifyingContract } = said.domain;
  return { name, version, chainId, verifyingContract: getAddress(verifyingContract) };
}

const UINT256 = 1n << 256n;

function fitted({ name, type }: Field, value: Value | undefined): Value {
  if (type === "uint256") {
    const isDecimal = typeof value === "string" && /^(0|[1-9]\d{0,77})$/.test(value);
    const number = typeof value === "bigint" ? value : isDecimal ? BigInt(value) : -1n;
    if (number < 0n || number >= UINT256) throw new MessageMalformed(name, "a whole number of at most 256 bits");
    return number;
  }
  if (type === "bool" && typeof value === "boolean") return value;
  if (type === "string" && typeof value === "string") return value;
  const octets = type === "address" ? 20 : 32;
  if ((type === "address" || type === "bytes32") && typeof value === "string")
    if (new RegExp(`^0x[0-9a-fA-F]{${2 * octets}}$`).test(value)) return value;
  throw new MessageMalformed(name, `of the kind ${type}`);
}

/** A message's fields in their order. */
export const fieldsOf = (data: TypedData): readonly Field[] => data.types[data.primaryType] ?? [];

/** A message of a contract, checked field by field. Throws DeploymentDiffers, MessageMalformed. */
export function typedDataOf(contract: string, type: string, message: Message, deployment: Deployment): TypedData {
  const definition = definitionOf(contract, type);
  const domain = domainOf(contract, definition, deployment);
  const fields = definition.types[type] ?? [];
  const extra = Object.keys(message).find((name) => !fields.some((field) => field.name === name));
  if (extra !== undefined) throw new MessageMalformed(extra, "left out");
  const whole = Object.fromEntries(fields.map((field) => [field.name, fitted(field, message[field.name])]));
  return { domain, types: definition.types, primaryType: type, message: whole };
}

/** What is signed: keccak256(0x1901 || domainSeparator || hashStruct(message)). */
export const digestOf = (data: TypedData): Hex => hashTypedData(data as Parameters<typeof hashTypedData>[0]);

const DOMAIN_FIELDS = [
  { name: "name", type: "string" },
  { name: "version", type: "string" },
  { name: "chainId", type: "uint256" },
  { name: "verifyingContract", type: "address" },
];

/** The same as the JSON that `eth_signTypedData_v4` takes; uint256 are decimal strings. */
export function jsonOf(data: TypedData): string {
  const types = { EIP712Domain: DOMAIN_FIELDS, ...data.types };
  return JSON.stringify({ ...data, types }, (_, value: unknown) =>
    typeof value === "bigint" ? value.toString() : value,
  );
}
