/** The file that proves an application: salt, leaf, and the path from it to the anchored root once there is one. */

import type { SchemaApplicationOut } from "../../../lib/api/schema";
import { download } from "../../../parts/columns";

export function keepProof(application: SchemaApplicationOut): void {
  const name = `tanyu-aid-${application.round.roundId}-application.json`;
  download(name, JSON.stringify(application, undefined, 1), "application/json");
}
