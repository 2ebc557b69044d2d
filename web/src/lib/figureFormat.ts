/** How a language writes numbers. A formatter takes longer to make than many figures to write: each is made once. */

const made = new Map<string, Intl.NumberFormat>();

/** Numbers of a locale with so many decimals at the least and at the most. */
export function figureFormat(locale: string, least: number, most: number): Intl.NumberFormat {
  const key = `${locale} ${least} ${most}`;
  let format = made.get(key);
  if (format === undefined) {
    format = new Intl.NumberFormat(locale, { minimumFractionDigits: least, maximumFractionDigits: most });
    made.set(key, format);
  }
  return format;
}
