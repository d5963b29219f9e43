import { join, relative } from 'node:path';
import ts from 'typescript';

/** One way in which a package refuses or fails: a `code` of an `AdapterError`, with its kind. */
export interface ErrorCode {
  readonly package: string;
  readonly kind: string;
  readonly code: string;
}

export interface ErrorCodes {
  readonly codes: readonly ErrorCode[];
  /** Where an error is made of a code that the sources do not show. */
  readonly open: readonly string[];
}

const isTest = (path: string) =>
  /\.(test|fixture)\.ts$|\/test-[\w-]+\.ts$|\/crashing-context\.ts$|\/contract\//.test(path);

/** Words beside the codes in what SQL functions answer. */
const successes = new Set(['ok', 'same']);

/** The sources of all packages, as the compiler sees them. */
export function sourcesOf(root: string): ts.Program {
  const folder = join(root, 'packages/docs');
  const { config, error } = ts.readConfigFile(join(folder, 'tsconfig.sources.json'), (path) => ts.sys.readFile(path));
  if (error) throw new Error(ts.flattenDiagnosticMessageText(error.messageText, '\n'));
  const { fileNames, options } = ts.parseJsonConfigFileContent(config, ts.sys, folder);
  return ts.createProgram(fileNames, options);
}

/**
 * All codes of errors in the sources, by the compiler's own types: of every `new …Error(code, …)` below `AdapterError`, and of every
 * `refusal(code, details, fields)` of core. Where a code came as a parameter, the callers are asked for it.
 */
export function errorCodes(root: string, program = sourcesOf(root)): ErrorCodes {
  const checker = program.getTypeChecker();
  const found = new Map<string, ErrorCode>();
  const open = new Set<string>();
  const sources = program.getSourceFiles().flatMap((file) => {
    const path = relative(root, file.fileName);
    const [top, name] = path.split('/');
    return top === 'packages' && !path.includes('node_modules') && !isTest(path) ? [{ file, path, name: name! }] : [];
  });
  // By the name alone: the compiler is asked of few of them, which is what takes its time.
  const calls = new Map<string, ts.CallExpression[]>();
  for (const { file } of sources)
    walk(file, (node) => {
      const name = ts.isCallExpression(node) ? calledName(node)?.text : undefined;
      if (name !== undefined) calls.set(name, [...(calls.get(name) ?? []), node as ts.CallExpression]);
    });
  for (const { file, name } of sources) walk(file, (node) => look(node, name));
  return { codes: [...found.values()].toSorted(byPackage), open: [...open].toSorted() };

  function look(node: ts.Node, name: string): void {
    if (
      (ts.isNewExpression(node) && node.expression.getText().endsWith('Error')) ||
      (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.SuperKeyword)
    ) {
      // What core's own `refusal` makes is asked of its callers, with the fields that they name.
      if (ts.findAncestor(node, isRefusalItself)) return;
      const made = ts.isNewExpression(node) ? checker.getTypeAtLocation(node) : enclosingClass(node);
      const kind = made && kindOf(made);
      // An abstract class, or one that only hands its own code up.
      if (kind === undefined) return;
      const signature = checker.getResolvedSignature(node);
      const at = signature?.parameters.findIndex((each) => each.name === 'code') ?? -1;
      if (at < 0) return;
      const given = node.arguments?.[at];
      if (given) add(name, kind, given);
      else {
        const { valueDeclaration } = signature!.parameters[at]!;
        if (valueDeclaration && ts.isParameter(valueDeclaration) && valueDeclaration.initializer)
          add(name, kind, valueDeclaration.initializer);
      }
    } else if (ts.isCallExpression(node) && calledName(node)?.text === 'refusal' && isRefusal(node)) {
      const [code, , fields] = node.arguments;
      const inputs = fields ? fieldsOf(fields) : [];
      const kindOfCode = (each: string) =>
        inputs.includes(each) ? 'invalid-input' : each.startsWith('unknown-') ? 'not-found' : 'conflict';
      add(name, kindOfCode, code!);
    }
  }

  function add(
    name: string,
    kind: string | ((code: string) => string),
    code: ts.Expression,
    seen = new Set<ts.Node>(),
  ): void {
    if (seen.has(code)) return;
    seen.add(code);
    // An error that is thrown on keeps its code.
    if (ts.isPropertyAccessExpression(code) && kindOf(checker.getTypeAtLocation(code.expression))) return;
    if (ts.isBinaryExpression(code)) {
      add(name, kind, code.left, seen);
      add(name, kind, code.right, seen);
      return;
    }
    const words = literalsOf(checker.getTypeAtLocation(code));
    if (words) {
      for (const word of words.filter((each) => !successes.has(each))) {
        const entry = { package: name, kind: typeof kind === 'string' ? kind : kind(word), code: word };
        found.set(Object.values(entry).join(), entry);
      }
      return;
    }
    const arguments_ = argumentsFor(code);
    if (arguments_ === undefined) {
      const { fileName, text } = code.getSourceFile();
      const line = text.slice(0, code.getStart()).split('\n').length;
      open.add(`${relative(root, fileName)}:${line} ${code.getText()}`);
    } else for (const argument of arguments_) add(packageOf(argument), kind, argument, seen);
  }

  /** What callers hand in for the parameter that this expression is. */
  function argumentsFor(code: ts.Expression): ts.Expression[] | undefined {
    const declaration = symbolOf(code)?.valueDeclaration;
    if (!declaration || !ts.isParameter(declaration)) return undefined;
    const { parent } = declaration;
    if (ts.isConstructorDeclaration(parent)) return []; // whoever makes one is looked at itself
    const named =
      ts.isFunctionDeclaration(parent) || ts.isMethodDeclaration(parent)
        ? parent.name
        : ts.isVariableDeclaration(parent.parent)
          ? parent.parent.name
          : undefined;
    const symbol = named && checker.getSymbolAtLocation(named);
    if (!symbol) return undefined;
    const callers = (calls.get(named.getText()) ?? []).filter((call) => symbolOf(calledName(call)!) === symbol);
    const at = parent.parameters.indexOf(declaration);
    return callers.flatMap(({ arguments: given }) => given[at] ?? []);
  }

  /** The codes that are about a field of the input: the object itself, or the constant or the parameter that it is handed in by. */
  function fieldsOf(fields: ts.Expression): string[] {
    if (ts.isObjectLiteralExpression(fields))
      return checker
        .getTypeAtLocation(fields)
        .getProperties()
        .map((each) => each.name);
    const declaration = symbolOf(fields)?.valueDeclaration;
    const constant = declaration && ts.isVariableDeclaration(declaration) ? declaration.initializer : undefined;
    if (constant) return fieldsOf(withoutAssertion(constant));
    return (argumentsFor(fields) ?? []).flatMap(fieldsOf);
  }

  function symbolOf(node: ts.Node): ts.Symbol | undefined {
    const symbol = checker.getSymbolAtLocation(node);
    return symbol && symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
  }

  function isRefusal({ expression }: ts.CallExpression): boolean {
    const declaration = symbolOf(expression)?.valueDeclaration;
    return declaration !== undefined && isRefusalItself(declaration);
  }

  function isRefusalItself(node: ts.Node): boolean {
    return ts.isFunctionDeclaration(node) && node.name?.text === 'refusal' && packageOf(node) === 'core';
  }

  function enclosingClass(node: ts.Node): ts.Type | undefined {
    const parent = ts.findAncestor(node, ts.isClassDeclaration);
    return parent?.name && checker.getTypeAtLocation(parent);
  }

  function kindOf(type: ts.Type): string | undefined {
    const error = type.getNonNullableType();
    if (!['code', 'errorId', 'details'].every((name) => error.getProperty(name))) return undefined;
    const kind = error.getProperty('kind');
    return kind && literalsOf(checker.getTypeOfSymbol(kind))?.[0];
  }

  function packageOf(node: ts.Node): string {
    return relative(root, node.getSourceFile().fileName).split('/')[1]!;
  }
}

function literalsOf(type: ts.Type): string[] | undefined {
  const members = type.isUnion() ? type.types : [type];
  return members.every((each) => each.isStringLiteral()) ? members.map(({ value }) => value) : undefined;
}

const calledName = ({ expression }: ts.CallExpression): ts.Identifier | ts.PrivateIdentifier | undefined =>
  ts.isIdentifier(expression) ? expression : ts.isPropertyAccessExpression(expression) ? expression.name : undefined;

const withoutAssertion = (node: ts.Expression): ts.Expression =>
  ts.isAsExpression(node) || ts.isSatisfiesExpression(node) ? withoutAssertion(node.expression) : node;

function walk(node: ts.Node, look: (node: ts.Node) => void): void {
  look(node);
  ts.forEachChild(node, (child) => walk(child, look));
}

const byPackage = (a: ErrorCode, b: ErrorCode) => a.package.localeCompare(b.package) || a.code.localeCompare(b.code);
