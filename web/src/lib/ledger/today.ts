/** The day it is for the person who looks at the page, as an ISO day. */

const two = (part: number): string => String(part).padStart(2, "0");

export const localDay = (at: Date): string => `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
