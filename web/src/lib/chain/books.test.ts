import { describe, expect, test } from "vitest";
import {
  ANN,
  anchored,
  BO,
  CLASS,
  chainOf,
  DEPLOYMENT,
  HONEST,
  hash,
  minted,
  moved,
  opened,
  retired,
  type Said,
} from "./acts.fixture";
import { heldIn, keepBooks, NOBODY } from "./books";

const audited = (transactions: readonly (readonly Said[])[]) => keepBooks(DEPLOYMENT, chainOf(transactions));
const { Charity } = DEPLOYMENT.addresses;

test("an honest history adds up, to the gram", () => {
  const books = audited(HONEST);
  expect(books.findings).toEqual([]);
  const totals = books.classes.get(CLASS);
  expect(totals).toMatchObject({ issued: 210_000n, held: 85_000n, buffer: 10_000n, retired: 115_000n, cancelled: 0n });
  expect(books.balances.get(`${ANN}|${CLASS}`)).toBe(50_000n);
  expect(books.balances.get(`${BO}|${CLASS}`)).toBe(20_000n);
  expect(books.retired.get(`${BO}|${CLASS}`)).toBe(110_000n);
  expect(heldIn(books.pockets.get(`1|${CLASS}`))).toBe(15_000n);
});

describe("what is not as promised is found", () => {
  const start: readonly (readonly Said[])[] = [[opened], [anchored], minted(ANN, 100_000n, hash(0xa))];
  const wrongs: [what: string, check: string, transactions: readonly (readonly Said[])[]][] = [
    ["a class opened twice", "supply.class", [...start, [opened]]],
    ["a class that nobody opened", "supply.class", [[moved(ANN, BO, 1n)]]],
    [
      "budgets beyond the cap",
      "supply.cap",
      [
        ...start,
        [["CarbonCredit", "SurplusAnchored", { classId: CLASS, root: hash(0x71), budgets: 600_000n, surplus: 0n }]],
      ],
    ],
    ["a batch anchored again", "supply.root", [...start, [anchored]]],
    ["more minted than its surplus", "supply.surplus", [...start, minted(BO, 200_000n, hash(0xb))]],
    ["a nullifier used again", "supply.nullifier", [...start, minted(ANN, 10_000n, hash(0xa))]],
    ["a mint that no claim explains", "supply.mints_explained", [...start, [moved(NOBODY, BO, 5n)]]],
    ["a burn that nobody retired", "supply.mints_explained", [...start, [moved(ANN, NOBODY, 5n)]]],
    ["credits made of nothing", "supply.identity", [...start, [moved(NOBODY, BO, 5n)]]],
    ["credits spent twice", "holdings.covered", [...start, [moved(ANN, BO, 100_000n)], [moved(ANN, BO, 1n)]]],
    [
      "a gift that never arrived",
      "giving.held",
      [...start, [["Charity", "Donated", { campaignId: 1n, classId: CLASS, donor: ANN, amount: 5n }]]],
    ],
    [
      "a campaign that gives more than it was given",
      "giving.totals",
      [
        ...HONEST,
        [
          ...retired(Charity, 15_000n),
          ["Charity", "Granted", { campaignId: 1n, classId: CLASS, amount: 15_001n, ref: hash(1) }],
        ],
      ],
    ],
  ];
  test.each(wrongs)("%s", (_what, check, transactions) => {
    expect(audited(transactions).findings.map((finding) => finding.check)).toContain(check);
  });
});

test("another contract's events under our names count for nothing", () => {
  const events = chainOf(HONEST);
  const forged = { ...chainOf([minted(BO, 1n, hash(9))])[0], address: BO } as (typeof events)[number];
  expect(keepBooks(DEPLOYMENT, [...events, forged]).findings).toEqual([]);
});
