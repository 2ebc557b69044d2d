/** A campaign's story in the language a person reads: a stranger's text, set as text and isolated from ours. */

import type { Language } from "../../../lib/amounts";
import type { Campaign } from "../../../lib/giving/campaign";

export interface StoryText {
  readonly title: string;
  readonly paragraphs: readonly string[];
  readonly picture: string | undefined;
}

/** The story, or undefined if it was not published here. */
export function storyOf({ story }: Campaign, language: Language): StoryText | undefined {
  if (story === null) return undefined;
  const text = language === "zh" ? story.storyZh : story.storyEn;
  return {
    title: language === "zh" ? story.titleZh : story.titleEn,
    paragraphs: text.split(/\n+/).filter((line) => line.trim() !== ""),
    picture: story.picture === null ? undefined : `/pictures/${story.picture}`,
  };
}
