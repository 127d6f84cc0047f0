namespace Handoff.Litmus.Model;

/// <summary>A stretch of one cache line that no step splits.</summary>
/// <param name="Line">The line it belongs to.</param>
/// <param name="Initial">The version that DRAM holds at first.</param>
/// <param name="Name">Name for stories.</param>
internal readonly record struct Cell(int Line, int Initial, string Name = "");
