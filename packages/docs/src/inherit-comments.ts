import {
  type Application,
  Comment,
  type Context,
  Converter,
  DeclarationReflection,
  IndexedAccessType,
  IntersectionType,
  type ParameterReflection,
  QueryType,
  ReferenceType,
  ReflectionKind,
  ReflectionType,
  type SomeType,
} from 'typedoc';
import ts from 'typescript';

/**
 * A TypeDoc plugin for how these packages are written. A type that is derived from a value (`z.input<typeof placeOrder>`, `(typeof sides)[number]`)
 * means what the value means, so either comment serves both. An input schema without a comment is what a method of a port takes, and is
 * told so with a link. Modules are called by what one imports.
 */
export function load({ converter }: Application): void {
  converter.on(Converter.EVENT_RESOLVE_BEGIN, (context: Context) => {
    const all = context.project
      .getReflectionsByKind(ReflectionKind.All)
      .filter((each) => each instanceof DeclarationReflection);
    const modules = all.filter((each) => each.kindOf(ReflectionKind.Module));
    for (const module of modules) {
      const parts = module.name.replace(/\/src\b/, '').replace(/\/(index|tooling)$/, '');
      module.name = `@tse/${parts}`;
      const types = new Map(
        module.children?.filter((each) => each.kindOf(ReflectionKind.TypeAlias)).map((each) => [each.name, each]),
      );
      for (const parameter of parametersOf(module)) nameItsType(context, parameter, types);
      explain(module);
    }
  });
}

/** The compiler forgets the name of an inferred type, and would have each parameter spelled out. */
function nameItsType(
  context: Context,
  parameter: ParameterReflection,
  types: ReadonlyMap<string, DeclarationReflection>,
): void {
  const declaration = context.getSymbolFromReflection(parameter)?.valueDeclaration;
  if (!declaration || !ts.isParameter(declaration) || !declaration.type || !ts.isTypeReferenceNode(declaration.type))
    return;
  const name = declaration.type.typeName.getText();
  const type = types.get(name);
  if (!type || declaration.type.typeArguments) return;
  if (parameter.type instanceof ReflectionType) context.project.removeReflection(parameter.type.declaration);
  parameter.type = ReferenceType.createResolvedReference(name, type, context.project);
}

function explain(module: DeclarationReflection): void {
  const members = module.children ?? [];
  const byName = (name: string, kind: ReflectionKind) =>
    members.find((each) => each.name === name && each.kindOf(kind));
  const takers = takersOf(members);
  for (const type of members.filter((each) => each.kindOf(ReflectionKind.TypeAlias))) {
    const value = sourceOf(type.type);
    const origin = value === undefined ? undefined : byName(value, ReflectionKind.Variable);
    if (!origin) continue;
    const methods = takers.get(type.name);
    const comment = type.comment ?? origin.comment ?? (methods && said(methods));
    if (!comment) continue;
    type.comment ??= comment.clone();
    origin.comment ??= comment.clone();
  }
}

/** The value whose type it is. */
function sourceOf(type: SomeType | undefined): string | undefined {
  if (type instanceof QueryType) return type.queryType.name;
  if (type instanceof IndexedAccessType) return sourceOf(type.objectType);
  if (type instanceof ReferenceType) return sourceOf(type.typeArguments?.[0]);
  if (type instanceof IntersectionType) return type.types.map(sourceOf).find(Boolean);
  return undefined;
}

/** Which methods take a type, by its name. */
function takersOf(members: readonly DeclarationReflection[]): Map<string, string[]> {
  const takers = new Map<string, string[]>();
  for (const port of members.filter((each) => each.kindOf(ReflectionKind.Interface)))
    for (const method of port.children ?? [])
      for (const { type } of parametersOf(method))
        for (const name of namesIn(type))
          takers.set(name, [...(takers.get(name) ?? []), `${port.name}.${method.name}`]);
  return takers;
}

/** Of a function or method, and of all in a module or interface. */
const parametersOf = ({ signatures = [], children = [] }: DeclarationReflection): ParameterReflection[] => [
  ...signatures.flatMap(({ parameters = [] }) => parameters),
  ...children.flatMap(parametersOf),
];

const namesIn = (type: SomeType | undefined): string[] => {
  const names: string[] = [];
  type?.visit({
    reference: (each) => names.push(each.name),
    array: (each) => names.push(...namesIn(each.elementType)),
    typeOperator: (each) => names.push(...namesIn(each.target)),
    union: (each) => names.push(...each.types.flatMap(namesIn)),
  });
  return names;
};

const said = (methods: readonly string[]): Comment => {
  const [first, ...more] = [...new Set(methods)];
  const links = [first!, ...more].flatMap((name, i) => [
    { kind: 'text' as const, text: i === 0 ? 'What ' : ' and ' },
    { kind: 'inline-tag' as const, tag: '@link' as const, text: name },
  ]);
  return new Comment([...links, { kind: 'text', text: more.length === 0 ? ' takes.' : ' take.' }]);
};
