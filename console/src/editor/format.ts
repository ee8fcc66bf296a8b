// How is code laid out? As Prettier does it, which comes when it is first asked for.

const STYLE = { printWidth: 100, singleQuote: true, tabWidth: 2 } as const;

/** The code, formatted; throws where it is not code. */
export async function formatted(code: string, language: string): Promise<string> {
  const [{ format }, babel, estree] = await Promise.all([
    import('prettier/standalone'),
    import('prettier/plugins/babel'),
    import('prettier/plugins/estree'),
  ]);
  const parser = language === 'typescript' ? 'babel-ts' : 'babel';
  return format(code, { ...STYLE, parser, plugins: [babel, estree.default ?? estree] });
}
