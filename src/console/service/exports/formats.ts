/** Formats of an export, with the name in the menu and the ending of the file. */
export const exportFormats = {
  svg: { name: 'Picture (SVG)', ending: 'svg' },
  mermaid: { name: 'Mermaid diagram', ending: 'mmd' },
  har: { name: 'HTTP archive (HAR 1.2)', ending: 'har' },
  file: { name: 'File for another console', ending: 'journey.json' },
  markdown: { name: 'Bug report (Markdown)', ending: 'md' },
} as const;

export type ExportFormat = keyof typeof exportFormats;
