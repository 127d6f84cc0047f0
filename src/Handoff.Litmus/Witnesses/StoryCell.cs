namespace Handoff.Litmus.Witnesses;

/// <summary>What one cell holds.</summary>
/// <param name="Name">The buffer or slot.</param>
/// <param name="Dram">The version in DRAM.</param>
/// <param name="Cache">The version in the CPU cache; <see langword="null"/> if its line is not cached.</param>
/// <param name="Dirty">Whether the cached line is dirty.</param>
public sealed record StoryCell(string Name, string Dram, string? Cache, bool Dirty);
