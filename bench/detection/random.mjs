/** 32 bits of a text: FNV-1a. */
function hash(text) {
  let bits = 0x811c9dc5;
  for (const letter of text) bits = Math.imul(bits ^ letter.codePointAt(0), 0x01000193);
  return bits >>> 0;
}

/** Random numbers of the distributions service metrics have; the same for the same seed (mulberry32). */
export function generator(seed) {
  let state = hash(String(seed));
  const uniform = () => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), 1 | state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return ((bits ^ (bits >>> 14)) >>> 0) / 4294967296;
  };
  const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  const poisson = (mean) => {
    // Knuth's product for few, the normal limit for many.
    if (mean > 60) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal()));
    const limit = Math.exp(-mean);
    let count = -1;
    for (let product = 1; product > limit; count++) product *= uniform();
    return Math.max(0, count);
  };
  return {
    uniform,
    normal,
    poisson,
    between: (low, high) => low + (high - low) * uniform(),
    exponential: () => -Math.log(1 - uniform()),
    pareto: (shape) => (1 - uniform()) ** (-1 / shape) - 1,
    pick: (list) => list[Math.floor(uniform() * list.length)],
  };
}
