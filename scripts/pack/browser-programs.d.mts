/** Bundles the programs of the console's pages; returns the text of each file by its path below `/assets/`. */
export function browserPrograms(found?: (packages: readonly unknown[]) => void): Promise<Map<string, string>>;
