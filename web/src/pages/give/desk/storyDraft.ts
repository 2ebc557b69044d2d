/** A story that is being written, in both languages. */
export interface StoryDraft {
  titleEn: string;
  titleZh: string;
  storyEn: string;
  storyZh: string;
}

export const TITLE_CHARS_MAX = 120;
export const STORY_CHARS_MAX = 10_000;
