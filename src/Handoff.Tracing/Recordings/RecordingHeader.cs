namespace Handoff.Tracing.Recordings;

/// <summary>What a recording says about itself and the machine. Anything it does not say is null or zero.</summary>
public sealed class RecordingHeader
{
    /// <summary>More than any kernel has (<c>NR_CPUS</c> is 8192 at most).</summary>
    internal const int MostCpus = 1 << 14;

    /// <summary>Which format.</summary>
    public RecordingFormat Format { get; internal set; }

    /// <summary>The format's version: 6 or 7 for trace.dat, 2 for perf.data, 0 for text.</summary>
    public int FormatVersion { get; internal set; }

    /// <summary>How the file itself was compressed (<c>gzip</c>, <c>zstd</c>, <c>none</c>).</summary>
    public string OuterCompression { get; internal set; } = "none";

    /// <summary>How sections inside the file are compressed (<c>zstd</c>, <c>zlib</c>, <c>none</c>).</summary>
    public string InnerCompression { get; internal set; } = "none";

    /// <summary>Whether numbers in the file are big endian.</summary>
    public bool IsBigEndian { get; internal set; }

    /// <summary>Size of the recorded kernel's <c>long</c> in bytes (4 or 8), 0 when unknown.</summary>
    public int LongSize { get; internal set; }

    /// <summary>Page size of the recorded machine in bytes, 0 when unknown.</summary>
    public int PageSize { get; internal set; }

    /// <summary>Size of one ring-buffer page in bytes, 0 when unknown.</summary>
    public int SubBufferSize { get; internal set; }

    /// <summary>The trace clock (<c>local</c>, <c>mono</c>, …).</summary>
    public string? Clock { get; internal set; }

    /// <summary>Whether <see cref="DmaEvent.Time"/> is in nanoseconds; false for counting clocks without a conversion.</summary>
    public bool TimeIsNanoseconds { get; internal set; } = true;

    /// <summary>The kernel's release (<c>6.12.117</c>).</summary>
    public string? KernelRelease { get; internal set; }

    /// <summary>The machine's architecture as <c>uname</c> prints it (<c>x86_64</c>, <c>aarch64</c>).</summary>
    public string? Architecture { get; internal set; }

    /// <summary>The machine's host name.</summary>
    public string? HostName { get; internal set; }

    /// <summary>The recording program and its version.</summary>
    public string? Recorder { get; internal set; }

    /// <summary>CPUs of the recorded machine, 0 when unknown; also when a damaged recording names more than any kernel has.</summary>
    public int CpuCount { get; internal set => field = value is > 0 and <= MostCpus ? value : 0; }

    /// <summary>Names of the ring buffers; the top buffer's name is empty.</summary>
    public IReadOnlyList<string> Instances { get; internal set; } = [""];

    /// <summary>For the text header's <c>entries-in-buffer/entries-written</c>: entries in the buffer; -1 when not given.</summary>
    public long EntriesInBuffer { get; internal set; } = -1;

    /// <summary>For the text header's <c>entries-in-buffer/entries-written</c>: entries ever written; -1 when not given.</summary>
    public long EntriesWritten { get; internal set; } = -1;
}
