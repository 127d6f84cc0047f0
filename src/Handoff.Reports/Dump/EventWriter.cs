using System.Text;
using Handoff.Tracing.Recordings;

namespace Handoff.Reports.Dump;

/// <summary>Writes events of one reader, one line each.</summary>
public abstract class EventWriter
{
    private readonly Dictionary<DmaAttributes, byte[]> _attributes = [];
    private DmaAttributes _lastAttributes;
    private byte[] _lastAttributesText = [];

    private protected EventWriter(RecordingReader reader, Stream output)
    {
        Reader = reader;
        Sink = new Utf8Sink(output);
        Devices = new NameCache(reader.Devices, Shape);
        Tasks = new NameCache(reader.Tasks, Shape);
        Exporters = new NameCache(reader.Exporters, Shape);
    }

    private protected RecordingReader Reader { get; }

    private protected Utf8Sink Sink { get; }

    private protected NameCache Devices { get; }

    private protected NameCache Tasks { get; }

    private protected NameCache Exporters { get; }

    /// <summary>Writes one event.</summary>
    public abstract void Write(in DmaEvent e);

    /// <summary>Passes on what is still held back.</summary>
    public void Flush() => Sink.Flush();

    private protected abstract byte[] Shape(NameTable names, int id);

    /// <summary>The directions, as the kernel prints them.</summary>
    private protected static ReadOnlySpan<byte> DirectionText(in DmaEvent e) => !e.HasDirection ? "?"u8 : e.Direction switch
    {
        DmaDirection.ToDevice => "TO_DEVICE"u8,
        DmaDirection.FromDevice => "FROM_DEVICE"u8,
        DmaDirection.Bidirectional => "BIDIRECTIONAL"u8,
        _ => "NONE"u8,
    };

    /// <summary>Names of attribute bits, joined by <c>|</c>.</summary>
    private protected ReadOnlySpan<byte> AttributesText(DmaAttributes attributes)
    {
        if (attributes == _lastAttributes)
            return _lastAttributesText;
        if (!_attributes.TryGetValue(attributes, out byte[]? text))
        {
            text = Encoding.UTF8.GetBytes(DmaAttributeText.Of(attributes));
            if (_attributes.Count < 1024)
                _attributes.Add(attributes, text);
        }

        _lastAttributes = attributes;
        _lastAttributesText = text;
        return text;
    }

    /// <summary>Bytes that the lists of an event take at most when each item takes <paramref name="each"/>.</summary>
    private protected static int RoomForLists(in DmaEvent e, int each) =>
        (e.PhysicalAddresses.Length + e.DmaAddresses.Length + e.Lengths.Length) * each;
}
