// A wallet as a browser extension brings one: EIP-1193, announced by EIP-6963. Its keys are the test's.
(() => {
  const answers = new Set();
  const provider = {
    request: async ({ method, params }) => {
      const answer = await window.__testWallet(method, JSON.stringify(params ?? []));
      if (answer.error) throw Object.assign(new Error(answer.error.message), { code: answer.error.code });
      return answer.result;
    },
    on: (_name, listener) => answers.add(listener),
    removeListener: (_name, listener) => answers.delete(listener),
  };
  const info = {
    uuid: "0d6f1cd2-7d54-4d5c-9d3e-6c1a3f1d7a10",
    name: "Test wallet",
    icon: "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 1 1'/%3E",
    rdns: "test.wallet",
  };
  const announce = () =>
    window.dispatchEvent(new CustomEvent("eip6963:announceProvider", { detail: Object.freeze({ info, provider }) }));
  window.addEventListener("eip6963:requestProvider", announce);
  announce();
})();
