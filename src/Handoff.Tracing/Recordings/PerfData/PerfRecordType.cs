namespace Handoff.Tracing.Recordings.PerfData;

/// <summary>The records of perf.data that matter here.</summary>
/// <remarks>Kernel: <c>enum perf_event_type</c>; numbers from 64 on are perf's own.</remarks>
internal enum PerfRecordType
{
    /// <summary>Events of one CPU were lost: the event's id, how many.</summary>
    Lost = 2,

    /// <summary>A task's name.</summary>
    Comm = 3,

    /// <summary>A task began: its ids and its parent's, whose name it has.</summary>
    Fork = 7,

    /// <summary>One event.</summary>
    Sample = 9,

    /// <summary>Samples were lost: how many.</summary>
    LostSamples = 13,

    /// <summary>Pipes: an event's description.</summary>
    HeaderAttribute = 64,

    /// <summary>Pipes: formats of events; the data follow the record.</summary>
    HeaderTracingData = 66,

    /// <summary>All buffers were emptied once.</summary>
    FinishedRound = 68,

    /// <summary>Hardware traces; the data follow the record.</summary>
    AuxTrace = 71,

    /// <summary>Pipes: one feature of the header.</summary>
    HeaderFeature = 80,

    /// <summary>Records in compressed form.</summary>
    Compressed = 81,

    /// <summary>The same with the compressed size in front.</summary>
    Compressed2 = 83,
}
