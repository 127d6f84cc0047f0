namespace Handoff.Tracing.Recordings.TraceDat;

/// <summary>A section that was found by walking.</summary>
/// <param name="Header">Its header.</param>
/// <param name="End">Where it ends; in a section that is not whole the end of the file.</param>
/// <param name="IsWhole">Whether it ends where its header says: at another section, or with the file.</param>
internal readonly record struct WalkedSection(SectionHeader Header, long End, bool IsWhole);
