export interface Series {
  readonly name: string;
  readonly category: string;
  readonly times: Float64Array;
  readonly values: Float64Array;
  readonly windows: [number, number][];
}
export function readCorpus(folder: string): Series[];
