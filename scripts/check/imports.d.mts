export function productFiles(): string[];
export function importsOf(file: string, text: string): string[];
