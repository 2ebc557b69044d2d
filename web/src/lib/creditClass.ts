/** A credit class by its code, `region/vintage/methodology`, such as `CN-SC/2025/SIM`. */

export interface CreditClass {
  readonly region: string;
  readonly vintage: string;
  readonly methodology: string;
  /** Replayed or simulated data: no real credits, and said so wherever a person sees it. */
  readonly isSimulated: boolean;
}

/** The parts of a code. */
export function classOf(code: string): CreditClass {
  const [region = "", vintage = "", methodology = ""] = code.split("/");
  return { region, vintage, methodology, isSimulated: methodology === "SIM" };
}
