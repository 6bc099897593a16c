//! Going through all expressions and types of a tree, outer before inner.
use super::{
    Block, CAttributes, CDefinition, CItem, Expr, ExprKind, If, Script, Stmt, StmtKind, TypeName,
    TypeNameKind, TypeOrExpr,
};

/// What wants to see the nodes of a tree.
pub trait Visit {
    /// Called for every expression.
    fn expr(&mut self, _expr: &Expr) {}
    /// Called for every statement.
    fn stmt(&mut self, _stmt: &Stmt) {}
    /// Called for every type that is named, also inside other types.
    fn type_name(&mut self, _ty: &TypeName) {}
}

/// Goes through everything but the probes: definitions, macros, functions.
pub fn visit_definitions(script: &Script, visitor: &mut impl Visit) {
    for item in &script.preamble.items {
        match item {
            CItem::Include { .. } => (),
            CItem::Define { params: None, value: Some(value), .. } => visit_expr(value, visitor),
            // What takes something means nothing by itself.
            CItem::Define { .. } => (),
            CItem::Type(definition) => visit_definition(definition, visitor),
            CItem::Typedef { ty, attributes, .. } => {
                visit_type(ty, visitor);
                visit_attributes(attributes, visitor);
            }
        }
    }
    script.map_decls.iter().for_each(|decl| visit_expr(&decl.size, visitor));
    script.macros.iter().for_each(|item| visit_block(&item.body, visitor));
    for function in &script.functions {
        function
            .params
            .iter()
            .map(|(_, ty)| ty)
            .chain(&function.result)
            .for_each(|ty| visit_type(ty, visitor));
        visit_block(&function.body, visitor);
    }
}

fn visit_definition(definition: &CDefinition, visitor: &mut impl Visit) {
    for field in &definition.fields {
        visit_type(&field.ty, visitor);
        field.bits.iter().for_each(|bits| visit_expr(bits, visitor));
        visit_attributes(&field.attributes, visitor);
    }
    visit_attributes(&definition.attributes, visitor);
    definition.base.iter().for_each(|base| visit_type(base, visitor));
    definition
        .names
        .iter()
        .filter_map(|item| item.value.as_ref())
        .for_each(|value| visit_expr(value, visitor));
}

fn visit_attributes(attributes: &CAttributes, visitor: &mut impl Visit) {
    attributes.aligned.iter().for_each(|bytes| visit_expr(bytes, visitor));
}

/// Goes through a block.
pub fn visit_block(block: &Block, visitor: &mut impl Visit) {
    block.stmts.iter().for_each(|stmt| visit_stmt(stmt, visitor));
    block.tail.iter().for_each(|tail| visit_expr(tail, visitor));
}

fn visit_stmt(stmt: &Stmt, visitor: &mut impl Visit) {
    visitor.stmt(stmt);
    match &stmt.kind {
        StmtKind::Expr(value) | StmtKind::Discard(value) => visit_expr(value, visitor),
        StmtKind::Assign { target, value, .. } => {
            [target, value].into_iter().for_each(|expr| visit_expr(expr, visitor))
        }
        StmtKind::Let { ty, value, .. } => {
            ty.iter().for_each(|ty| visit_type(ty, visitor));
            value.iter().for_each(|value| visit_expr(value, visitor));
        }
        StmtKind::If(inner) => visit_if(inner, visitor),
        StmtKind::Unroll { count: head, body }
        | StmtKind::While { condition: head, body }
        | StmtKind::ForEach { over: head, body, .. } => {
            visit_expr(head, visitor);
            visit_block(body, visitor);
        }
        StmtKind::ForRange { from, to, body, .. } => {
            visit_expr(from, visitor);
            visit_expr(to, visitor);
            visit_block(body, visitor);
        }
        StmtKind::Break | StmtKind::Continue | StmtKind::Import(_) => (),
        StmtKind::Return(value) => value.iter().for_each(|value| visit_expr(value, visitor)),
        StmtKind::Block(inner) => visit_block(inner, visitor),
        StmtKind::Comptime(inner) => visit_stmt(inner, visitor),
    }
}

fn visit_if(inner: &If, visitor: &mut impl Visit) {
    visit_expr(&inner.condition, visitor);
    visit_block(&inner.then, visitor);
    inner.otherwise.iter().for_each(|block| visit_block(block, visitor));
}

/// Goes through an expression.
pub fn visit_expr(expr: &Expr, visitor: &mut impl Visit) {
    visitor.expr(expr);
    match &expr.kind {
        ExprKind::Integer(_)
        | ExprKind::Bool(_)
        | ExprKind::Str(_)
        | ExprKind::Positional(_)
        | ExprKind::PositionalCount
        | ExprKind::Ident(_)
        | ExprKind::Var(_)
        | ExprKind::Error => (),
        ExprKind::Map { keys: items, .. } | ExprKind::Call { args: items, .. } | ExprKind::Tuple(items) => {
            items.iter().for_each(|item| visit_expr(item, visitor));
        }
        ExprKind::Type(ty) => visit_type(ty, visitor),
        ExprKind::Sizeof(of) | ExprKind::Offsetof(of, _) => visit_type_or_expr(of, visitor),
        ExprKind::Unary(_, inner)
        | ExprKind::Step { target: inner, .. }
        | ExprKind::Field(inner, _)
        | ExprKind::Part(inner, _)
        | ExprKind::Comptime(inner) => visit_expr(inner, visitor),
        ExprKind::Binary(_, a, b) | ExprKind::Elvis(a, b) | ExprKind::Index(a, b) => {
            visit_expr(a, visitor);
            visit_expr(b, visitor);
        }
        ExprKind::Ternary(condition, a, b) => {
            [condition, a, b].into_iter().for_each(|expr| visit_expr(expr, visitor));
        }
        ExprKind::Cast(ty, inner) => {
            visit_type(ty, visitor);
            visit_expr(inner, visitor);
        }
        ExprKind::Record(parts) => parts.iter().for_each(|(_, value)| visit_expr(value, visitor)),
        ExprKind::Block(inner) => visit_block(inner, visitor),
        ExprKind::If(inner) => visit_if(inner, visitor),
    }
}

fn visit_type_or_expr(of: &TypeOrExpr, visitor: &mut impl Visit) {
    match of {
        TypeOrExpr::Type(ty) => visit_type(ty, visitor),
        TypeOrExpr::Expr(expr) => visit_expr(expr, visitor),
    }
}

fn visit_type(ty: &TypeName, visitor: &mut impl Visit) {
    visitor.type_name(ty);
    match &ty.kind {
        TypeNameKind::Named(_) | TypeNameKind::Tagged(..) | TypeNameKind::Function => (),
        TypeNameKind::Defined(definition) => visit_definition(definition, visitor),
        TypeNameKind::Pointer(inner) => visit_type(inner, visitor),
        TypeNameKind::Array(inner, length) => {
            visit_type(inner, visitor);
            length.iter().for_each(|length| visit_expr(length, visitor));
        }
        TypeNameKind::Tuple(types) => types.iter().for_each(|ty| visit_type(ty, visitor)),
        TypeNameKind::Record(parts) => parts.iter().for_each(|(_, ty)| visit_type(ty, visitor)),
        TypeNameKind::Typeof(of) => visit_type_or_expr(of, visitor),
    }
}
