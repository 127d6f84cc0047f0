using System.Text;

namespace Handoff.Tracing.Recordings;

/// <summary>
/// Reads a recording from beginning to end, one event at a time, without allocating per event. Events of all CPUs and buffers come
/// merged by time; the order of one CPU is always kept. Damage never throws: what precedes it is read, and <see cref="Diagnostics"/> names it.
/// </summary>
public abstract class RecordingReader : IDisposable
{
    private protected RecordingReader(DiagnosticBag diagnostics) => Bag = diagnostics;

    /// <summary>What the recording says about itself. Complete before the first read, except where only reading on can tell.</summary>
    public RecordingHeader Header { get; } = new();

    /// <summary>Counts of what has been read so far.</summary>
    public RecordingStatistics Statistics { get; } = new();

    /// <summary>What is wrong with the file, in the order it was found; complete once <see cref="Read"/> has returned false.</summary>
    public IReadOnlyList<RecordingDiagnostic> Diagnostics => Bag.Items;

    /// <summary>Diagnostics not listed because there were too many.</summary>
    public long SuppressedDiagnostics => Bag.Suppressed;

    /// <summary>Device names, by <see cref="DmaEvent.Device"/>.</summary>
    public NameTable Devices { get; } = new();

    /// <summary>Task names, by <see cref="DmaEvent.Task"/>.</summary>
    public NameTable Tasks { get; } = new();

    /// <summary>Names of dma-buf exporters, by <see cref="DmaEvent.Exporter"/>.</summary>
    public NameTable Exporters { get; } = new();

    /// <summary>How much of the input has been read, 0 to 1, or -1 when its length is unknown.</summary>
    public virtual double Progress => -1;

    /// <summary>Event names (for markers, the writing function where known), by <see cref="DmaEvent.EventType"/>.</summary>
    public NameTable EventNames { get; } = new();

    /// <summary>
    /// Whether binary recordings' markers are named after the functions that wrote them. Looking these up reads the symbols of the whole kernel, up to ten
    /// megabytes; without it markers keep the name of their event type, such as <c>print</c>. Set before the first <see cref="Read"/>.
    /// </summary>
    public bool NamesMarkers { get; set; } = true;

    internal DiagnosticBag Bag { get; }

    /// <summary>The formats and names of a binary recording, otherwise <see langword="null"/>.</summary>
    internal virtual Formats.RecordingMetadata? BinaryMetadata => null;

    /// <summary>The record that the last event was made of (binary recordings), valid until the next read; nothing for notes about lost events.</summary>
    internal virtual ReadOnlySpan<byte> RawRecord => default;

    /// <summary>Takes the lists of the event being read.</summary>
    internal EventLists Lists { get; set; } = new();

    /// <summary>Reads the next event.</summary>
    /// <param name="e">Receives the event; pass the same variable again and again.</param>
    /// <returns>False at the end of the recording or of what can be read of it.</returns>
    public abstract bool Read(ref DmaEvent e);

    /// <summary>The kernel's name of the event (<c>dma_map_phys</c>), for a marker the function that wrote it where known.</summary>
    public string EventName(in DmaEvent e) => EventNames[e.EventType];

    /// <summary>The name of an event type, as numbered by <see cref="DmaEvent.EventType"/>.</summary>
    public string EventName(int eventType) => EventNames[eventType];

    /// <summary>The device's name, empty when the event has none.</summary>
    public string DeviceName(in DmaEvent e) => Devices[e.Device];

    /// <summary>The running task's name, empty when unknown.</summary>
    public string TaskName(in DmaEvent e) => Tasks[e.Task];

    /// <summary>The event's text as a string (allocates).</summary>
    public static string TextOf(in DmaEvent e) => Encoding.UTF8.GetString(e.Text);

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Closes the input if this reader opened it.</summary>
    protected virtual void Dispose(bool disposing)
    {
    }
}
