//! The tree as text, for `-d ast` and for tests: S-expressions, broken over lines only where they are long.
use super::{
    Block, CAttributes, CDefinition, CItem, Expr, ExprKind, If, MacroParam, MacroParamKind, Name, Position,
    Probe, Script, Stmt, StmtKind, TypeName, TypeNameKind, TypeOrExpr,
};
use std::fmt::Write;

/// What fits on a line.
const WIDTH: usize = 100;

/// A node of the output: a word, or a list of nodes with the length it has on one line.
enum Node {
    Word(String),
    List(Vec<Node>, usize),
}

impl Node {
    fn length(&self) -> usize {
        match self {
            Self::Word(word) => word.chars().count(),
            Self::List(_, length) => *length,
        }
    }
}

/// The tree as text.
pub fn dump(script: &Script) -> String {
    let mut out = String::new();
    for node in items(script) {
        print(&node, 0, &mut out);
        out.push('\n');
    }
    out
}

fn items(script: &Script) -> Vec<Node> {
    let mut nodes: Vec<Node> = script.preamble.items.iter().map(c_item).collect();
    nodes.extend(
        script.config.iter().map(|setting| list("config", [name(&setting.name), expr(&setting.value)])),
    );
    nodes.extend(script.imports.iter().map(|import| list("import", [quoted(import.path.node.as_bytes())])));
    nodes.extend(
        script
            .map_decls
            .iter()
            .map(|decl| list("map", [name(&decl.name), name(&decl.kind), expr(&decl.size)])),
    );
    nodes.extend(script.macros.iter().map(|item| {
        list("macro", [name(&item.name), plain(item.params.iter().map(macro_param)), block(&item.body)])
    }));
    nodes.extend(script.functions.iter().map(|item| {
        let params = item.params.iter().map(|(own, ty)| plain([name(own), type_name(ty)]));
        let result = item.result.as_ref().map_or_else(|| word("none"), type_name);
        list("fn", [name(&item.name), plain(params), result, block(&item.body)])
    }));
    nodes.extend(script.probes.iter().map(probe));
    nodes
}

fn print(node: &Node, indent: usize, out: &mut String) {
    match node {
        Node::Word(word) => out.push_str(word),
        Node::List(nodes, length) if indent + length <= WIDTH => {
            out.push('(');
            for (index, node) in nodes.iter().enumerate() {
                if index > 0 {
                    out.push(' ');
                }
                print(node, indent, out);
            }
            out.push(')');
        }
        Node::List(nodes, _) => print_long(nodes, indent, out),
    }
}

/// The words that a list begins with stay on its line; everything else gets a line of its own.
fn print_long(nodes: &[Node], indent: usize, out: &mut String) {
    out.push('(');
    let mut on_first_line = true;
    for (index, node) in nodes.iter().enumerate() {
        on_first_line &= matches!(node, Node::Word(_)) && index < 3;
        if !on_first_line {
            let _ = write!(out, "\n{:width$}", "", width = (indent + 2).min(WIDTH));
        } else if index > 0 {
            out.push(' ');
        }
        print(node, indent + 2, out);
    }
    out.push(')');
}

fn word(text: impl Into<String>) -> Node {
    Node::Word(text.into())
}

fn name(name: &Name) -> Node {
    word(name.node.as_str())
}

fn plain(nodes: impl IntoIterator<Item = Node>) -> Node {
    let nodes: Vec<Node> = nodes.into_iter().collect();
    let length = nodes.iter().map(|node| node.length() + 1).sum::<usize>().max(1) + 1;
    Node::List(nodes, length)
}

fn list(head: &str, nodes: impl IntoIterator<Item = Node>) -> Node {
    plain(std::iter::once(word(head)).chain(nodes))
}

/// Text in quotes; bytes that are not printable ASCII as `\xNN`.
fn quoted(bytes: &[u8]) -> Node {
    word(format!("\"{}\"", bytes.escape_ascii()))
}

fn c_item(item: &CItem) -> Node {
    match item {
        CItem::Include { path, .. } => list("include", [quoted(path.node.as_bytes())]),
        CItem::Define { name: own, params, text, value } => {
            let params = params.iter().map(|params| list("params", params.iter().map(name)));
            let value = value.as_ref().map_or_else(|| quoted(text.as_bytes()), expr);
            list("define", [name(own)].into_iter().chain(params).chain([value]))
        }
        CItem::Type(definition) => c_definition(definition),
        CItem::Typedef { name: own, ty, attributes } => {
            list("typedef", [name(own), type_name(ty)].into_iter().chain(c_attributes(attributes)))
        }
    }
}

fn c_definition(definition: &CDefinition) -> Node {
    let own = definition.name.as_ref().map_or_else(|| word("_"), name);
    let base = definition.base.as_ref().map(|base| list(":", [type_name(base)]));
    let fields = definition.fields.iter().map(|field| {
        let own = field.name.as_ref().map_or_else(|| word("_"), name);
        plain(
            [own, type_name(&field.ty)]
                .into_iter()
                .chain(field.bits.as_ref().map(|bits| list(":", [expr(bits)])))
                .chain(c_attributes(&field.attributes)),
        )
    });
    let names = definition
        .names
        .iter()
        .map(|item| plain([name(&item.name)].into_iter().chain(item.value.as_ref().map(expr))));
    let head = [own].into_iter().chain(base).chain(c_attributes(&definition.attributes));
    list(definition.tag.word(), head.chain(fields).chain(names))
}

fn c_attributes(attributes: &CAttributes) -> impl Iterator<Item = Node> {
    let aligned = attributes.aligned.iter().map(|bytes| list("aligned", [expr(bytes)]));
    attributes.packed.then(|| word("packed")).into_iter().chain(aligned)
}

fn macro_param(param: &MacroParam) -> Node {
    match param.kind {
        MacroParamKind::Type => list("typeof", [name(&param.name)]),
        MacroParamKind::Variable | MacroParamKind::Map | MacroParamKind::Expr => name(&param.name),
    }
}

fn probe(probe: &Probe) -> Node {
    let own = probe.name.iter().map(|own| list("name", [name(own)]));
    let points = probe.points.iter().map(|point| quoted(point.text.as_bytes()));
    let predicate = probe.predicate.iter().map(|predicate| list("predicate", [expr(predicate)]));
    list("probe", own.chain(points).chain(predicate).chain([block(&probe.body)]))
}

fn block(block: &Block) -> Node {
    let tail = block.tail.iter().map(|tail| list("value", [expr(tail)]));
    list("block", block.stmts.iter().map(stmt).chain(tail))
}

fn stmt(stmt: &Stmt) -> Node {
    match &stmt.kind {
        StmtKind::Expr(value) => expr(value),
        StmtKind::Assign { target, op, value } => {
            list(&format!("{}=", op.map_or("", |op| op.symbol())), [expr(target), expr(value)])
        }
        StmtKind::Let { name: own, ty, value } => {
            let ty = ty.iter().map(|ty| list(":", [type_name(ty)]));
            list("let", [name(own)].into_iter().chain(ty).chain(value.iter().map(expr)))
        }
        StmtKind::If(inner) => if_node(inner),
        StmtKind::Unroll { count, body } => list("unroll", [expr(count), block(body)]),
        StmtKind::While { condition, body } => list("while", [expr(condition), block(body)]),
        StmtKind::ForEach { var, over, body } => list("for", [name(var), expr(over), block(body)]),
        StmtKind::ForRange { var, from, to, body } => {
            list("for", [name(var), list("range", [expr(from), expr(to)]), block(body)])
        }
        StmtKind::Break => list("break", []),
        StmtKind::Continue => list("continue", []),
        StmtKind::Return(value) => list("return", value.iter().map(expr)),
        StmtKind::Discard(value) => list("discard", [expr(value)]),
        StmtKind::Block(inner) => block(inner),
        StmtKind::Import(import) => list("import", [quoted(import.path.node.as_bytes())]),
        StmtKind::Comptime(inner) => list("comptime", [self::stmt(inner)]),
    }
}

fn if_node(inner: &If) -> Node {
    list(
        "if",
        [expr(&inner.condition), block(&inner.then)].into_iter().chain(inner.otherwise.iter().map(block)),
    )
}

fn expr(value: &Expr) -> Node {
    match &value.kind {
        ExprKind::Integer(number) => word(number.to_string()),
        ExprKind::Bool(value) => word(value.to_string()),
        ExprKind::Str(bytes) => quoted(bytes),
        ExprKind::Positional(number) => word(format!("${number}")),
        ExprKind::PositionalCount => word("$#"),
        ExprKind::Ident(name) | ExprKind::Var(name) => word(name.as_str()),
        ExprKind::Map { name, keys } if keys.is_empty() => word(name.as_str()),
        ExprKind::Map { name, keys } => list(name, keys.iter().map(expr)),
        ExprKind::Call { name: own, args } => {
            list("call", [name(own)].into_iter().chain(args.iter().map(expr)))
        }
        ExprKind::Type(ty) => list("type", [type_name(ty)]),
        ExprKind::Sizeof(of) => list("sizeof", [type_or_expr(of)]),
        ExprKind::Offsetof(of, path) => {
            list("offsetof", [type_or_expr(of)].into_iter().chain(path.iter().map(name)))
        }
        ExprKind::Unary(op, operand) => list(op.symbol(), [expr(operand)]),
        ExprKind::Binary(op, a, b) => list(op.symbol(), [expr(a), expr(b)]),
        ExprKind::Ternary(c, a, b) => list("?", [expr(c), expr(a), expr(b)]),
        ExprKind::Elvis(a, b) => list("?:", [expr(a), expr(b)]),
        ExprKind::Step { target, by, position } => list(step(*by, *position), [expr(target)]),
        ExprKind::Cast(ty, operand) => list("cast", [type_name(ty), expr(operand)]),
        ExprKind::Field(base, own) => list(".", [expr(base), name(own)]),
        ExprKind::Part(base, part) => list(".", [expr(base), word(part.to_string())]),
        ExprKind::Index(base, index) => list("[]", [expr(base), expr(index)]),
        ExprKind::Tuple(parts) => list("tuple", parts.iter().map(expr)),
        ExprKind::Record(parts) => {
            list("record", parts.iter().map(|(own, value)| list("=", [name(own), expr(value)])))
        }
        ExprKind::Block(inner) => block(inner),
        ExprKind::If(inner) => if_node(inner),
        ExprKind::Comptime(inner) => list("comptime", [expr(inner)]),
        ExprKind::Error => word("<error>"),
    }
}

const fn step(by: i64, position: Position) -> &'static str {
    match (position, by > 0) {
        (Position::Prefix, true) => "pre++",
        (Position::Prefix, false) => "pre--",
        (Position::Postfix, true) => "post++",
        (Position::Postfix, false) => "post--",
    }
}

fn type_or_expr(of: &TypeOrExpr) -> Node {
    match of {
        TypeOrExpr::Type(ty) => list("type", [type_name(ty)]),
        TypeOrExpr::Expr(value) => expr(value),
    }
}

fn type_name(ty: &TypeName) -> Node {
    match &ty.kind {
        TypeNameKind::Named(words) if words.contains(' ') => plain(words.split(' ').map(word)),
        TypeNameKind::Named(own) => word(own.as_str()),
        TypeNameKind::Tagged(tag, own) => list(tag.word(), [word(own.as_str())]),
        TypeNameKind::Defined(definition) => c_definition(definition),
        TypeNameKind::Pointer(to) => list("*", [type_name(to)]),
        TypeNameKind::Array(element, length) => {
            list("array", [type_name(element)].into_iter().chain(length.iter().map(|length| expr(length))))
        }
        TypeNameKind::Function => word("function"),
        TypeNameKind::Tuple(types) => list("tuple", types.iter().map(type_name)),
        TypeNameKind::Record(parts) => {
            list("record", parts.iter().map(|(own, ty)| list("=", [name(own), type_name(ty)])))
        }
        TypeNameKind::Typeof(of) => list("typeof", [type_or_expr(of)]),
    }
}
