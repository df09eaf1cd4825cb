/** Two users as `rpcauth.py` writes them. */
export const RPCAUTH = [
  'rt:93648e835a54c573682c2eb19f882535$7681e9c5b74bdd85e78166031d2058e1069b3ed7ed967c93fc63abba06f31144',
  'rt2:f8607b1a88861fac29dfccf9b52ff9f$ff36a0c23c8c62b4846112e50fa888416e94c17bfd4c42f88fd8f55ec6a3137e',
] as const

/** Their passwords. */
export const RPCAUTH_PASSWORD = {
  rt: 'cA773lm788buwYe4g4WT+05pKyNruVKjQ25x3n0DQcM=',
  rt2: '8/F3uMDw4KSEbw96U3CA1C4X05dkHDN2BPFjTgZW4KI=',
} as const
