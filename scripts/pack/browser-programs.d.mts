/** The folders of pages whose `programs.ts` reads programs for the browser from the clone. */
export const programFolders: { console: string; cis2: string; agent: string };

/** Bundles the programs of pages below a folder; returns the text of each file by its path below `/assets/`. */
export function browserPrograms(
  folder: string,
  found?: (packages: readonly unknown[]) => void,
): Promise<Map<string, string>>;
