using Handoff.Litmus.Model;

namespace Handoff.Litmus.Exploration.Lines;

/// <summary>An <see cref="Operation"/> as one group of cells sees it.</summary>
/// <param name="Kind">What it does.</param>
/// <param name="Path">How a read or write reaches memory.</param>
/// <param name="Line">The group's number of the line, or -1 if the line is none of its own.</param>
/// <param name="Cell">The group's number of the cell, or -1: then only the line's state changes.</param>
/// <param name="SourceLine">Of a copy: where it comes from.</param>
/// <param name="SourceCell">Of a copy: where it comes from; of a release: the original.</param>
/// <param name="Version">Of a write: the group's number of the version.</param>
/// <param name="Blame">Of a read or copy: what finding each version raises.</param>
/// <param name="GlobalCell">Of a read: the program's cell, for the list of observations.</param>
internal sealed record LocalOperation(
    OperationKind Kind, AccessPath Path, int Line, int Cell, int SourceLine, int SourceCell, int Version, Verdicts[]? Blame, int GlobalCell);
