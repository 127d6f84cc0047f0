namespace Handoff.Tracing.Recordings.PerfData;

/// <summary>
/// Recognises samples that a file has twice: perf may copy a part of a small ring buffer again when the kernel fills it in the meantime. A
/// processor does not log the same event with the same contents twice at one nanosecond.
/// </summary>
internal sealed class SampleRepeats
{
    private const int MostCpus = 8192;

    private Last[] _last = new Last[16];

    /// <summary>How many were recognised.</summary>
    internal long Count { get; private set; }

    /// <summary>Whether a processor's sample is the one before again. Samples come in the order of their times.</summary>
    internal bool Repeats(int cpu, ulong time, ReadOnlySpan<byte> bytes)
    {
        if ((uint)cpu >= (uint)_last.Length)
        {
            if (cpu is < 0 or >= MostCpus)
                return false;
            Array.Resize(ref _last, Math.Max(cpu + 1, _last.Length * 2));
        }

        ref Last last = ref _last[cpu];
        if (last.Bytes is { } before && last.Time == time && bytes.SequenceEqual(before.AsSpan(0, last.Length)))
        {
            Count++;
            return true;
        }

        if (last.Bytes is null || last.Bytes.Length < bytes.Length)
            last.Bytes = new byte[bytes.Length * 2];
        bytes.CopyTo(last.Bytes);
        last.Length = bytes.Length;
        last.Time = time;
        return false;
    }

    private struct Last
    {
        internal ulong Time;
        internal byte[]? Bytes;
        internal int Length;
    }
}
