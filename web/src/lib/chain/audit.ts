/** The audit in the page: a chain's whole history read, its books kept, and held against what the contracts answer now. */

import type { PublicClient } from "viem";
import { charityAbi, creditAbi } from "./abi";
import { type Books, heldIn, keepBooks } from "./books";
import { type Deployment, type History, type Progress, readHistory } from "./history";

/** What is being done: reading the history, then asking the contracts. */
export type Stage = ({ stage: "history" } & Progress) | { stage: "state"; asked: number; of: number };

/** An audit's result. */
export interface Audited {
  readonly history: History;
  readonly books: Books;
}

const AT_ONCE = 20;

/** Asks the contracts, at the head, for every total and balance that the events ever named. */
async function compareState(
  node: PublicClient,
  { deployment, head }: History,
  books: Books,
  tell: (stage: Stage) => void,
  signal?: AbortSignal,
): Promise<void> {
  const credit = { address: deployment.addresses.CarbonCredit, abi: creditAbi, blockNumber: head.number } as const;
  const questions: (() => Promise<void>)[] = [];
  for (const totals of books.classes.values()) {
    questions.push(async () => {
      const state = await node.readContract({ ...credit, functionName: "classOf", args: [totals.classId] });
      const told = [
        state.cap,
        state.budgetsAnchored,
        state.surplusAnchored,
        state.issued,
        state.retired,
        state.cancelled,
        state.buffer,
        state.reversed,
      ];
      const kept = [
        totals.cap,
        totals.budgets,
        totals.surplus,
        totals.issued,
        totals.retired,
        totals.cancelled,
        totals.buffer,
        totals.reversed,
      ];
      const finding = { subject: `class ${totals.classId}`, expected: kept.join(" "), found: told.join(" ") };
      books.require("supply.state", finding.expected === finding.found, finding);
    });
  }
  const amounts = [
    ["holdings.state", "balanceOf", books.balances],
    ["retired.state", "retiredOf", books.retired],
  ] as const;
  for (const [check, functionName, kept] of amounts) {
    for (const [key, amount] of kept) {
      const [account, classId] = key.split("|") as [`0x${string}`, string];
      questions.push(async () => {
        const told = await node.readContract({ ...credit, functionName, args: [account, BigInt(classId)] });
        const finding = { subject: `${account}, class ${classId}`, expected: `${amount}`, found: `${told}` };
        books.require(check, told === amount, finding);
      });
    }
  }
  const charity = { address: deployment.addresses.Charity, abi: charityAbi, blockNumber: head.number } as const;
  for (const [key, pocket] of books.pockets) {
    const [campaignId, classId] = key.split("|").map(BigInt) as [bigint, bigint];
    questions.push(async () => {
      const told = await node.readContract({ ...charity, functionName: "heldOf", args: [campaignId, classId] });
      const finding = { subject: `campaign ${key}`, expected: `${heldIn(pocket)}`, found: `${told}` };
      books.require("giving.state", told === heldIn(pocket), finding);
    });
  }
  for (let at = 0; at < questions.length; at += AT_ONCE) {
    signal?.throwIfAborted();
    await Promise.all(questions.slice(at, at + AT_ONCE).map((question) => question()));
    tell({ stage: "state", asked: Math.min(at + AT_ONCE, questions.length), of: questions.length });
  }
}

/** Reads and checks everything. Throws NodeWrong, or what the node's connection throws; findings are in the books. */
export async function audit(
  node: PublicClient,
  deployment: Deployment,
  tell: (stage: Stage) => void,
  signal?: AbortSignal,
): Promise<Audited> {
  const history = await readHistory(node, deployment, (progress) => tell({ stage: "history", ...progress }), signal);
  const books = keepBooks(deployment, history.events);
  await compareState(node, history, books, tell, signal);
  return { history, books };
}
