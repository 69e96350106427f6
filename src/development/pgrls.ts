/**
 * Rules of pgrls, a linter of row security in Python, that ask what a check here asks. Read from its reference, not run:
 * the package could not be installed where the comparison was made.
 */
export const pgrlsRules: {
  readonly version: string;
  readonly byCheck: Readonly<Record<string, readonly string[]>>;
} = {
  version:
    "its reference of rules SEC001 to SEC034, PERF001 to PERF003, HYG001 to HYG003 and VIEW001 to VIEW004",
  byCheck: {
    "0001": ["SEC001"],
    "0002": ["SEC002"],
    "0003": ["SEC032"],
    "0004": ["SEC009"],
    "0005": ["SEC008", "SEC011", "SEC020", "SEC028"],
    "0006": ["SEC010"],
    "0008": ["PERF001"],
    "0012": ["SEC020"],
    "0013": ["SEC006"],
    "0014": ["SEC004", "SEC038"],
    "0015": ["SEC005"],
    "0016": ["PERF002"],
    "0017": ["SEC003"],
    "0019": ["SEC018"],
    "0020": ["SEC021"],
    "0021": ["HYG003"],
    "0022": ["SEC033"],
    "0023": ["SEC012"],
    "0030": ["SEC007"],
    "0031": ["SEC030"],
    "0041": ["PERF003"],
    "0060": ["SEC015"],
    "0061": ["SEC015"],
    "0062": ["SEC014"],
    "0064": ["SEC014"],
    "0066": ["SEC017"],
    "0070": ["VIEW001"],
    "0072": ["VIEW003"],
    "0081": ["SEC022"],
    "0100": ["SEC016"],
    "0102": ["SEC029"],
  },
};
