/** All gifts of the signed-in account and what became of them, newest first. */

import { api, asked } from "../../lib/api/client";
import type { Trail } from "../../lib/giving/campaign";
import { allTrails, TRAILS_MAX } from "../../lib/giving/trails";

export const myTrails = (): Promise<readonly Trail[]> =>
  allTrails((before) => asked(api.GET("/donations/trails", { params: { query: { before, limit: TRAILS_MAX } } })));
