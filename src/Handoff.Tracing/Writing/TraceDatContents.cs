using Handoff.Tracing.Recordings.TraceDat;

namespace Handoff.Tracing.Writing;

/// <summary>Everything of a trace.dat but its events.</summary>
internal sealed class TraceDatContents
{
    internal bool BigEndian { get; init; }

    /// <summary>The kernel's long, 4 or 8 bytes.</summary>
    internal int LongSize { get; init; } = 8;

    /// <summary>Page size of the recorded machine in bytes.</summary>
    internal int MachinePageSize { get; init; } = 4096;

    /// <summary>How ring-buffer pages look.</summary>
    internal required PageShape Shape { get; init; }

    /// <summary>The kernel's <c>events/header_page</c>, which says the same.</summary>
    internal required byte[] HeaderPage { get; init; }

    /// <summary>The kernel's <c>events/header_event</c>.</summary>
    internal byte[] HeaderEvent { get; init; } = DefaultHeaderEvent;

    /// <summary>Formats of ftrace's own events.</summary>
    internal IReadOnlyList<byte[]> FtraceFormats { get; init; } = [];

    /// <summary>Formats of events by group.</summary>
    internal IReadOnlyList<(string Name, IReadOnlyList<byte[]> Formats)> Systems { get; set; } = [];

    /// <summary>The kernel's symbols as text; may be empty.</summary>
    internal ReadOnlyMemory<byte> Symbols { get; set; }

    /// <summary>Formats of <c>trace_printk</c> calls as text; may be empty.</summary>
    internal byte[] PrintkFormats { get; init; } = [];

    /// <summary>Names of ring buffers; the top one's is empty.</summary>
    internal IReadOnlyList<string> Instances { get; init; } = [""];

    /// <summary>CPUs of the machine.</summary>
    internal int Cpus { get; init; }

    /// <summary>The clock's name.</summary>
    internal string Clock { get; init; } = "local";

    /// <summary>What <c>uname -a</c> prints, or nothing.</summary>
    internal string Uname { get; init; } = "";

    /// <summary>Who wrote the file.</summary>
    internal string Recorder { get; init; } = "handoff";

    /// <summary>Names of tasks by thread id; filled while events are added.</summary>
    internal SortedDictionary<int, byte[]> Tasks { get; } = [];

    /// <summary>Names of record types, the same on every kernel.</summary>
    internal static byte[] DefaultHeaderEvent => [.. "# compressed entry header\n\ttype_len    :    5 bits\n\ttime_delta  :   27 bits\n\tarray       :   32 bits\n\n\tpadding     : type == 29\n\ttime_extend : type == 30\n\ttime_stamp : type == 31\n\tdata max type_len  == 28\n"u8];

    /// <summary>The text for pages of a size.</summary>
    internal static byte[] HeaderPageFor(PageShape shape) => System.Text.Encoding.ASCII.GetBytes(string.Create(
        System.Globalization.CultureInfo.InvariantCulture,
        $"\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n\tfield: local_t commit;\toffset:8;\tsize:{shape.CommitSize};\tsigned:1;\n\tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;\n\tfield: char data;\toffset:{shape.DataOffset};\tsize:{shape.PageSize - shape.DataOffset};\tsigned:1;\n"));
}
