/**
 * The whole history of the contracts, read from a node the auditor names: no server of ours is asked.
 *
 * Logs are read in ranges of blocks, halved when a node says that is too much. The head is fixed first and its hash read
 * again at the end: a chain that changed meanwhile is an error, not a mixed answer. Work is linear in blocks and events.
 */

import {
  type Address,
  createPublicClient,
  type Hex,
  http,
  type ParseEventLogsReturnType,
  type PublicClient,
  parseEventLogs,
} from "viem";
import { tanyuAbi } from "./abi";

export type ChainEvent = ParseEventLogsReturnType<typeof tanyuAbi, undefined, true>[number];

/** Names of the contracts that the checks read. */
export const CONTRACTS = ["CarbonCredit", "Issuance", "Exchange", "Charity"] as const;
export type ContractName = (typeof CONTRACTS)[number];

/** What the auditor takes as given: which chain, and where the contracts stand. From the deployment file. */
export interface Deployment {
  readonly chainId: number;
  readonly genesisHash?: Hex;
  readonly blockNumber: bigint;
  readonly addresses: Readonly<Record<ContractName, Address>>;
}

export interface History {
  readonly deployment: Deployment;
  readonly head: { readonly number: bigint; readonly hash: Hex; readonly timestamp: bigint };
  /** In the chain's order: by block, then by place in it. */
  readonly events: readonly ChainEvent[];
}

export interface Progress {
  readonly block: bigint;
  readonly of: bigint;
  readonly events: number;
}

/** The node is not what the deployment says, or changed while it was read. `code` is stable. */
export class NodeWrong extends Error {
  override readonly name = "NodeWrong";
  constructor(
    readonly code: "node.chain_id" | "node.genesis" | "node.no_code" | "node.changed",
    readonly expected: string,
    readonly found: string,
  ) {
    super(`${code}: expected ${expected}, found ${found}`);
  }
}

const RANGE_FIRST = 5_000n;

/** A client of a node. */
export const nodeAt = (url: string): PublicClient => createPublicClient({ transport: http(url, { retryCount: 2 }) });

async function checkNode(node: PublicClient, { chainId, genesisHash, addresses }: Deployment): Promise<void> {
  const found = await node.getChainId();
  if (found !== chainId) throw new NodeWrong("node.chain_id", String(chainId), String(found));
  if (genesisHash !== undefined) {
    const genesis = await node.getBlock({ blockNumber: 0n });
    if (genesis.hash !== genesisHash) throw new NodeWrong("node.genesis", genesisHash, String(genesis.hash));
  }
  for (const address of Object.values(addresses)) {
    const code = await node.getCode({ address });
    if (code === undefined) throw new NodeWrong("node.no_code", `a contract at ${address}`, "none");
  }
}

/** Logs of a range; a range the node will not answer is halved until it does. */
async function logsOf(
  node: PublicClient,
  address: Address[],
  fromBlock: bigint,
  toBlock: bigint,
): Promise<ChainEvent[]> {
  try {
    const logs = await node.getLogs({ address, fromBlock, toBlock });
    return parseEventLogs<typeof tanyuAbi, true, undefined>({ abi: tanyuAbi, logs, strict: true });
  } catch (failure) {
    if (fromBlock === toBlock) throw failure;
    const middle = (fromBlock + toBlock) / 2n;
    return [
      ...(await logsOf(node, address, fromBlock, middle)),
      ...(await logsOf(node, address, middle + 1n, toBlock)),
    ];
  }
}

/** Reads everything up to the newest block. Throws NodeWrong, or what the node's connection throws. */
export async function readHistory(
  node: PublicClient,
  deployment: Deployment,
  tell: (progress: Progress) => void,
  signal?: AbortSignal,
): Promise<History> {
  await checkNode(node, deployment);
  const head = await node.getBlock({ blockTag: "latest" });
  const { number, hash, timestamp } = head;
  if (number === null || hash === null) throw new NodeWrong("node.changed", "a mined block", "a pending one");
  const addresses = CONTRACTS.map((name) => deployment.addresses[name]);
  const events: ChainEvent[] = [];
  for (let from = deployment.blockNumber; from <= number; from += RANGE_FIRST) {
    signal?.throwIfAborted();
    const to = from + RANGE_FIRST - 1n < number ? from + RANGE_FIRST - 1n : number;
    events.push(...(await logsOf(node, addresses, from, to)));
    tell({ block: to, of: number, events: events.length });
  }
  const again = await node.getBlock({ blockNumber: number });
  if (again.hash !== hash) throw new NodeWrong("node.changed", hash, String(again.hash));
  return { deployment, head: { number, hash, timestamp }, events };
}

/** The contract an event came from; undefined for an address that is none of ours. */
export function contractOf(deployment: Deployment, event: ChainEvent): ContractName | undefined {
  const from = event.address.toLowerCase();
  return CONTRACTS.find((name) => deployment.addresses[name].toLowerCase() === from);
}
