/**
 * Events and views of the contracts as far as the checks in the page read them. `tests/unit/test_web_abi.py` holds each to
 * the compiled contracts.
 */

import { parseAbi } from "viem";

export const creditAbi = parseAbi([
  "event ClassCreated(uint256 indexed classId, bytes6 region, uint16 vintage, bytes8 methodology, uint256 cap, uint16 bufferRateBps)",
  "event SurplusAnchored(uint256 indexed classId, bytes32 indexed root, uint256 budgets, uint256 surplus)",
  "event Issued(address indexed account, uint256 indexed classId, bytes32 indexed nullifier, uint256 amount, uint256 bufferAmount, bytes32 statementDigest, bytes32 root)",
  "event Retired(address indexed account, address indexed beneficiary, uint256 indexed classId, uint256 amount, string purpose, bytes32 ref)",
  "event ReversalRecorded(uint256 indexed classId, uint256 amount, bytes32 ref)",
  "event BufferCancelled(uint256 indexed classId, uint256 amount)",
  "event BufferExpired(uint256 indexed classId, uint256 amount)",
  "event BufferRefilled(address indexed account, uint256 indexed classId, uint256 amount)",
  "event TransferSingle(address indexed operator, address indexed from, address indexed to, uint256 id, uint256 value)",
  "event TransferBatch(address indexed operator, address indexed from, address indexed to, uint256[] ids, uint256[] values)",
  "function classOf(uint256 classId) view returns ((uint128 cap, uint128 budgetsAnchored, uint128 surplusAnchored, uint128 issued, uint128 retired, uint128 cancelled, uint128 buffer, uint128 reversed, uint16 bufferRateBps, bool exists, uint64 stoppedAt, uint64 stoppedSeconds, uint64 bufferExpiresAt, uint128 expired))",
  "function balanceOf(address account, uint256 id) view returns (uint256)",
  "function retiredOf(address account, uint256 classId) view returns (uint256)",
]);

export const issuanceAbi = parseAbi([
  "event BatchAnchored(bytes32 indexed root, uint256 indexed classId, uint256 people, uint256 budgetsGco2e, uint256 footprintsGco2e, uint256 surplusesGco2e, uint256 deficitsGco2e, bytes32 policyDigest, bytes32 factorsDigest, address[] verifiers)",
]);

export const exchangeAbi = parseAbi([
  "event Filled(bytes32 indexed buyHash, bytes32 indexed sellHash, uint256 indexed classId, address buyer, address seller, uint256 lots, uint256 pricePerKg, uint256 fee, uint256 buyNumber, uint256 sellNumber, uint256 buyLeftGco2e, uint256 sellLeftGco2e)",
]);

export const charityAbi = parseAbi([
  "event CampaignOpened(uint256 indexed campaignId, address indexed charity, uint8 kind, uint8 funding, uint64 opens, uint64 closes, uint256 target, bytes32 storyDigest)",
  "event Donated(uint256 indexed campaignId, address indexed donor, uint256 indexed classId, uint256 amount)",
  "event CampaignRetired(uint256 indexed campaignId, uint256 indexed classId, uint256 amount)",
  "event Granted(uint256 indexed campaignId, uint256 indexed classId, uint256 amount, bytes32 indexed ref)",
  "event Refunded(uint256 indexed campaignId, address indexed donor, uint256 indexed classId, uint256 amount)",
  "function heldOf(uint256 campaignId, uint256 classId) view returns (uint256)",
]);

/** Everything above; the log decoder takes the events out of it. */
export const tanyuAbi = [...creditAbi, ...issuanceAbi, ...exchangeAbi, ...charityAbi] as const;
