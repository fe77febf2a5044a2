/** Drives a generator to its result in one go, for whoever cannot wait or has little to do. */
export function atOnce<T>(steps: Iterator<void, T>): T {
  let step = steps.next();
  while (!step.done) step = steps.next();
  return step.value;
}
