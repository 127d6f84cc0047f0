namespace Handoff.Tracing.Recordings.TraceDat;

/// <summary>Where the pages of one CPU are in the file.</summary>
/// <param name="Cpu">The CPU.</param>
/// <param name="Offset">Where its data begin; compressed data with the count of their chunks.</param>
/// <param name="Size">Bytes; of compressed data without the count of chunks.</param>
/// <param name="IsCut">Whether more of its data are missing, or may be.</param>
internal readonly record struct CpuPlace(int Cpu, long Offset, long Size, bool IsCut = false);
