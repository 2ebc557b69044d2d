/** Every row of a list that is asked for page by page, in its order; each page goes on after the last row's id. */

const PAGE = 200;

export async function allPages<Row extends { readonly id: number }>(
  page: (query: { after: number; limit: number }) => Promise<readonly Row[]>,
): Promise<Row[]> {
  const found: Row[] = [];
  for (;;) {
    const rows = await page({ after: found.at(-1)?.id ?? 0, limit: PAGE });
    found.push(...rows);
    if (rows.length < PAGE) return found;
  }
}
