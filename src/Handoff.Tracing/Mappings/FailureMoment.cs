namespace Handoff.Tracing.Mappings;

/// <summary>What one failed request asked for, and what its pool had just then.</summary>
/// <param name="Size">Bytes asked for. Of a list: by the entry that failed.</param>
/// <param name="Slots">The same in slots, with what its place in a page costs.</param>
/// <param name="Used">Slots in use; -1 where no pool was asked.</param>
/// <param name="Run">The longest free run that the request could have used; -1 if not known.</param>
/// <param name="FreeInBestArea">Free slots in the area that had most; -1 if not known.</param>
internal readonly record struct FailureMoment(ulong Size, int Slots, long Used, int Run, int FreeInBestArea);
