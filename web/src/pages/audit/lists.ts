/** The lists of the explorer: which events each shows. */

import type { ChainEvent } from "../../lib/chain/history";

export const LIST_NAMES = ["batches", "fills", "retirements", "gifts"] as const;
export type ListName = (typeof LIST_NAMES)[number];

export const LISTS: Readonly<Record<ListName, readonly ChainEvent["eventName"][]>> = {
  batches: ["BatchAnchored"],
  fills: ["Filled"],
  retirements: ["Retired"],
  gifts: ["Donated", "CampaignRetired", "Granted", "Refunded"],
};

/** Whether a word of the address names a list. */
export const isList = (word: string): word is ListName => LIST_NAMES.some((name) => name === word);
