using System.Buffers.Binary;
using System.Text;
using Handoff.Tracing.Recordings.TraceDat;

namespace Handoff.Tracing.Recordings.Formats;

/// <summary>Makes a complete event of a raw ftrace record and counts it: shared by trace.dat and perf.data.</summary>
internal sealed class EventAssembler(RecordingReader reader, RecordingMetadata metadata, bool bigEndian)
{
    private readonly RecordDecoder _decoder = new(reader, bigEndian);
    private readonly RecordingStatistics _statistics = reader.Statistics;
    private readonly EventLists _lists = reader.Lists;
    private int _lastPid = int.MinValue, _lastTask;

    internal void Assemble(ReadOnlySpan<byte> record, long offset, ref DmaEvent e)
    {
        _lists.Clear();
        e.Lists = _lists;
        _statistics.Events++;
        var id = record.Length < 2 ? 0 : bigEndian ? BinaryPrimitives.ReadUInt16BigEndian(record) : BinaryPrimitives.ReadUInt16LittleEndian(record);
        var layout = metadata.Layouts[id];
        if (layout is null || record.Length < layout.MinimumSize)
        {
            if (layout is null)
            {
                _statistics.WithoutFormat++;
                if (_statistics.WithoutFormat == 1)
                    reader.Bag.Warning("HT0120", offset, $"events of type {id} have no format in the recording", "they are counted as unknown");
            }
            else
            {
                _statistics.Malformed++;
                reader.Bag.Error("HT0121", offset, $"a {layout.Name} record is shorter than its format says");
            }

            Blank(ref e, DmaEventKind.Unknown, layout?.EventType ?? 0);
            e.Context = EventContext.Unknown;
            Pid(ref e, record.Length < 8 ? 0 : bigEndian ? BinaryPrimitives.ReadInt32BigEndian(record[4..]) : BinaryPrimitives.ReadInt32LittleEndian(record[4..]));
        }
        else
        {
            Pid(ref e, (int)_decoder.Optional(record, layout.Pid));
            e.Context = layout.CommonFlags.IsPresent ? ContextOf(_decoder.Scalar(record, layout.CommonFlags)) : EventContext.Unknown;
            if (layout.Kind > DmaEventKind.LostEvents)
            {
                e.Kind = layout.Kind;
                e.EventType = layout.EventType;
                if (!_decoder.Decode(record, layout, ref e))
                {
                    _statistics.Malformed++;
                    reader.Bag.Error("HT0122", offset, $"a {layout.Name} record points outside itself", "the field is left empty");
                }
            }
            else
            {
                Blank(ref e, layout.Kind, layout.EventType);
                if (layout.Kind == DmaEventKind.Marker)
                    Marker(record, layout, ref e);
            }
        }

        _statistics.KindCounts[(int)e.Kind]++;
        _statistics.CountType(e.EventType);
    }

    /// <summary>Makes the note that events were lost.</summary>
    internal void Lost(ref DmaEvent e, ulong count)
    {
        _lists.Clear();
        e.Lists = _lists;
        Blank(ref e, DmaEventKind.LostEvents, 0);
        e.Pid = 0;
        e.Task = 0;
        e.Size = count;
        _statistics.LostNotes++;
        _statistics.Lost += count;
    }

    /// <summary>Kernel: <c>enum trace_flag_type</c>.</summary>
    private static EventContext ContextOf(ulong flags)
    {
        const ulong hard = 0x08, soft = 0x10, nonMaskable = 0x40;
        return (flags & nonMaskable) != 0 ? EventContext.NonMaskableInterrupt
            : (flags & hard) != 0 ? EventContext.HardInterrupt
            : (flags & soft) != 0 ? EventContext.SoftInterrupt
            : EventContext.Task;
    }

    internal static void Blank(ref DmaEvent e, DmaEventKind kind, int type)
    {
        e.Kind = kind;
        e.EventType = type;
        e.Device = e.FullEnts = e.NentsValue = e.ErrorValue = 0;
        e.Size = e.PhysicalValue = e.VirtualValue = 0;
        e.DmaAddress = default;
        e.Attributes = DmaAttributes.None;
        e.Direction = DmaDirection.None;
        e.GfpFlags = 0;
        e.Flags = EventFlags.None;
    }

    private void Pid(ref DmaEvent e, int pid)
    {
        e.Pid = pid;
        if (pid != _lastPid)
        {
            _lastPid = pid;
            _lastTask = metadata.TaskOf(pid);
        }

        e.Task = _lastTask;
    }

    internal void ForgetTask() => _lastPid = int.MinValue;

    private void Marker(ReadOnlySpan<byte> record, EventLayout layout, ref DmaEvent e)
    {
        var function = metadata.Symbols.Find(_decoder.Optional(record, layout.PrintIp));
        if (function.Length > 0)
            e.EventType = reader.EventNames.Intern(function);
        if (layout.PrintFormat.IsPresent)
        {
            var address = _decoder.Optional(record, layout.PrintFormat);
            var format = metadata.PrintkFormats.Find(address);
            if (format is null)
                reader.Bag.Info("HT0123", -1, $"no text for the trace_printk format at 0x{address:x}");
            else if (layout.Name == "bputs")
                _lists.SetText(format.AsSpan().TrimEnd((byte)'\n'));
            else
                _lists.SetText(Encoding.UTF8.GetBytes(BinaryPrintf.Render(format, record[layout.PrintBuffer.Offset..], bigEndian, metadata.LongSize)));
        }
        else if (layout.PrintBuffer.IsPresent)
        {
            var text = record[layout.PrintBuffer.Offset..];
            var end = text.IndexOf((byte)0);
            _lists.SetText((end < 0 ? text : text[..end]).TrimEnd((byte)'\n'));
        }
    }
}
