// Hardhat's node as a second opinion beside anvil: the contract tests run on both. It keeps no state.
import { defineConfig } from "hardhat/config";

export default defineConfig({
  networks: {
    node: {
      type: "edr-simulated",
      chainType: "l1",
      chainId: 31337,
      hardfork: "prague",
      accounts: { mnemonic: "test test test test test test test test test test test junk", count: 10 },
    },
  },
});
