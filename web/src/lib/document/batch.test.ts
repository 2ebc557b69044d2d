import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Address, Hex } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { describe, expect, test } from "vitest";
import type { SchemaBatchToSignOut as Shown } from "../api/schema";
import { type Deployment, type Domain, digestOf, typedDataOf } from "../signing/typedData";
import { type Viewer, workedOut } from "./batch";
import { DocumentWrong } from "./statement";

interface Written {
  domain: Domain;
  shown: Shown;
  verifier: Address;
  signature: Hex;
}
const FILE = join(import.meta.dirname, "../../../../tests/vectors/batch.json");
const written: Written = JSON.parse(readFileSync(FILE, "utf8"));
/** Development key 5 of the mnemonic that every development node knows. */
const KEY: Hex = "0x8b3a350cf5c34c9194ca85829a2df0ec3153be0318b5e2d3348e872092edffba";

const files = import.meta.glob<{ primaryType: string; typeString: string }>("../../../../contracts/eip712/*.json", {
  eager: true,
  import: "default",
});
const deployment: Deployment = {
  chainId: written.domain.chainId,
  genesisHash: "0x",
  contracts: { Issuance: written.domain.verifyingContract },
  messages: Object.values(files)
    .filter(({ primaryType }) => ["Attestation", "Batch"].includes(primaryType))
    .map(({ primaryType, typeString }) => ({
      primaryType,
      typeString,
      contract: "Issuance",
      domain: written.domain,
      types: {},
      description: "",
    })),
};
const ROOT = written.shown.message.root as Hex;
const viewer = (changed: Partial<Viewer> = {}): Viewer => ({
  verifier: written.verifier,
  attesters: written.shown.statements.map(({ verifier }) => verifier),
  deployment,
  nowS: Number(written.shown.message.deadline) - 1,
  ...changed,
});
const shownWith = (change: (shown: Shown) => void): Shown => {
  const copy = structuredClone(written.shown);
  change(copy);
  return copy;
};
type Statement = Shown["statements"][number];
const first = (shown: Shown): Statement => shown.statements[0] as Statement;

test("an honest batch comes out as it is shown, and its signature is the one that the terminal makes", async () => {
  const { message, findings } = await workedOut(written.shown, ROOT, viewer());
  expect(findings).toEqual([]);
  expect(message).toEqual(written.shown.message);
  const hash = digestOf(typedDataOf("Issuance", "Batch", message, deployment));
  expect(await privateKeyToAccount(KEY).sign({ hash })).toBe(written.signature);
});

describe("nothing is signed", () => {
  test.each<[string, Shown, Partial<Viewer>, string]>([
    ["of one's own statement", written.shown, { verifier: "0xBcd4042DE499D14e55001CcbB24a551F3b954096" }, "own"],
    ["that somebody else attested", written.shown, { attesters: [] }, "not_attester"],
    ["under another's name", shownWith((shown) => (first(shown).verifier = written.verifier)), {}, "forged"],
    ["attested at another time", shownWith((shown) => (first(shown).attestedAt = "1")), {}, "forged"],
    ["when its time is over", written.shown, { nowS: Number(written.shown.message.deadline) }, "expired"],
    ["with a statement left out", shownWith((shown) => shown.statements.pop()), {}, "differs"],
    ["with one twice", shownWith((shown) => shown.statements.push(first(shown))), {}, "twice"],
    ["with other totals", shownWith((shown) => (shown.message.surplusesGco2e = "1")), {}, "differs"],
    ["without a statement", shownWith((shown) => (shown.statements = [])), {}, "differs"],
  ])("%s", async (_, shown, changed, what) => {
    const { findings } = await workedOut(shown, ROOT, viewer(changed));
    expect(findings.map((finding) => finding.what)).toContain(what);
  });
  test("under another root", async () => {
    const { findings } = await workedOut(written.shown, `0x${"12".repeat(32)}`, viewer());
    expect(findings).toEqual([{ what: "differs", where: "root" }]);
  });
  test("of a statement that does not show a figure", async () => {
    const less = shownWith((shown) => {
      const disclosure = first(shown).disclosure as { fields: { name: string }[] };
      disclosure.fields = disclosure.fields.filter(({ name }) => name !== "budgetGco2e");
    });
    await expect(workedOut(less, ROOT, viewer())).rejects.toThrow(DocumentWrong);
  });
  test("of a figure that does not lead to its digest", async () => {
    const forged = shownWith((shown) => {
      const [, , budget] = first(shown).disclosure.fields as { value: string }[];
      if (budget !== undefined) budget.value = "9999999";
    });
    await expect(workedOut(forged, ROOT, viewer())).rejects.toThrow(DocumentWrong);
  });
});
