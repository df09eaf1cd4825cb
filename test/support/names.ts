/** A name that no resolver asks anybody for: a label has 63 characters at most. So its failure needs no network, nor time. */
export const UNRESOLVABLE = `${'x'.repeat(64)}.invalid`
