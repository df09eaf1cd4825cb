import { UsageError } from './usage-error.js'

/** An option of the command line. */
export interface OptionSpec {
  /** How its value is shown in the help, such as `<port>`; without one the option stands alone. */
  readonly value?: string
  readonly repeatable?: boolean
  readonly help: string
}

/** The options that were given, each with its values in the order given. */
export type GivenOptions = ReadonlyMap<string, readonly string[]>

/**
 * Reads a command line in bitcoind's form: `-name=value` or `--name=value`.
 *
 * @param args - the words after the program's name
 * @param specs - the options there are
 * @returns what was given
 * @throws UsageError for a word that is no option, an option that does not exist, and a value missing or too much
 */
export function parseOptions(args: readonly string[], specs: Readonly<Record<string, OptionSpec>>): GivenOptions {
  const given = new Map<string, string[]>()
  for (const word of args) {
    const match = /^--?([^=-][^=]*)(?:=([\s\S]*))?$/.exec(word)
    if (match === null)
      throw new UsageError(`Command line contains unexpected token '${word}', see -help for the options`)
    const [, name = '', value] = match
    const spec = Object.hasOwn(specs, name) ? specs[name] : undefined
    if (spec === undefined) throw new UsageError(`Invalid parameter ${word}, see -help for the options`)
    if (spec.value !== undefined && value === undefined)
      throw new UsageError(`-${name} needs a value: -${name}=${spec.value}`)
    if (spec.value === undefined && value !== undefined) throw new UsageError(`-${name} takes no value`)
    given.set(name, [...(given.get(name) ?? []), value ?? ''])
  }
  return given
}

/**
 * @param given - the options
 * @param name - an option
 * @returns its value, the last one when it was given several times; undefined when it was not
 */
export function lastValue(given: GivenOptions, name: string): string | undefined {
  return given.get(name)?.at(-1)
}

/**
 * @param given - the options
 * @param name - an option
 * @param range - the default, and the least and the highest value allowed
 * @returns its value
 * @throws UsageError when it is no such number
 */
export function numberValue(
  given: GivenOptions,
  name: string,
  { fallback, min, max }: { fallback: number; min: number; max: number },
): number {
  const text = lastValue(given, name)
  if (text === undefined) return fallback
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
  if (value >= min && value <= max) return value
  throw new UsageError(`Invalid value for -${name}: '${text}' (a whole number from ${min} to ${max} is expected)`)
}

/**
 * @param given - the options
 * @param name - an option
 * @returns true for 1, false for 0, undefined when it was not given
 * @throws UsageError for anything else
 */
export function switchValue(given: GivenOptions, name: string): boolean | undefined {
  const text = lastValue(given, name)
  if (text === undefined) return undefined
  if (text === '0' || text === '1') return text === '1'
  throw new UsageError(`Invalid value for -${name}: '${text}' (0 or 1 is expected)`)
}

/**
 * @param specs - the options there are
 * @returns a text that explains each
 */
export function describeOptions(specs: Readonly<Record<string, OptionSpec>>): string {
  return Object.entries(specs)
    .map(([name, { value, help }]) => `  -${name}${value === undefined ? '' : `=${value}`}\n       ${help}\n`)
    .join('\n')
}
