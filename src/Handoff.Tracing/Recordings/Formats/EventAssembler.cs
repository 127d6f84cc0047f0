using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Text;
using Handoff.Tracing.Recordings.TraceDat;

namespace Handoff.Tracing.Recordings.Formats;

/// <summary>Makes a complete event of a raw ftrace record and counts it: shared by trace.dat and perf.data.</summary>
internal sealed class EventAssembler(RecordingReader reader, RecordingMetadata metadata, bool bigEndian)
{
    private readonly RecordDecoder _decoder = new(reader, bigEndian);
    private readonly RecordingStatistics _statistics = reader.Statistics;
    private readonly EventLayout?[] _layouts = metadata.Layouts;
    private readonly bool _isUsual = BitConverter.IsLittleEndian && !bigEndian; // byte order: the recording's and this machine's
    private int _lastPid = int.MinValue, _lastTask;

    internal void Assemble(ReadOnlySpan<byte> record, long offset, ref DmaEvent e)
    {
        BeginLists(ref e);
        _statistics.Events++;
        if (_isUsual && record.Length >= sizeof(ulong))
        {
            // Type, flags, a count of no interest, and the thread.
            var head = BinaryPrimitives.ReadUInt64LittleEndian(record);
            if (_layouts[(ushort)head] is { IsPlain: true } plain && record.Length >= plain.MinimumSize)
            {
                Pid(ref e, (int)(head >> 32));
                e.Context = ContextOf((head >> 16) & 0xff);
                Decode(record, offset, plain, ref e);
                Count(e);
                return;
            }
        }

        var id = record.Length < 2 ? 0 : bigEndian ? BinaryPrimitives.ReadUInt16BigEndian(record) : BinaryPrimitives.ReadUInt16LittleEndian(record);
        var layout = _layouts[id];
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
            Pid(ref e, (int)_decoder.Number(record, layout.Pid));
            e.Context = layout.CommonFlags.IsPresent ? ContextOf(_decoder.Number(record, layout.CommonFlags)) : EventContext.Unknown;
            if (layout.Kind > DmaEventKind.LostEvents)
            {
                Decode(record, offset, layout, ref e);
            }
            else
            {
                Blank(ref e, layout.Kind, layout.EventType);
                if (layout.Kind == DmaEventKind.Marker)
                    Marker(record, layout, ref e);
            }
        }

        Count(e);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Decode(ReadOnlySpan<byte> record, long offset, EventLayout layout, ref DmaEvent e)
    {
        e.Kind = layout.Kind;
        e.EventType = layout.EventType;
        if (!_decoder.Decode(record, layout, ref e))
            Malformed(layout, offset);
    }

    private void Malformed(EventLayout layout, long offset)
    {
        _statistics.Malformed++;
        reader.Bag.Error("HT0122", offset, $"a {layout.Name} record points outside itself", "the field is left empty");
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Count(in DmaEvent e)
    {
        _statistics.KindCounts[(int)e.Kind]++;
        _statistics.CountType(e.EventType);
    }

    /// <summary>Makes the note that events were lost.</summary>
    internal void Lost(ref DmaEvent e, ulong count)
    {
        BeginLists(ref e);
        Blank(ref e, DmaEventKind.LostEvents, 0);
        e.Context = EventContext.Unknown;
        e.Pid = 0;
        e.Task = 0;
        e.Size = count;
        _statistics.LostNotes++;
        _statistics.Lost += count;
    }

    /// <summary>Kernel: <c>enum trace_flag_type</c>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static EventContext ContextOf(ulong flags)
    {
        const ulong hard = 0x08, soft = 0x10, nonMaskable = 0x40;
        return (flags & (hard | soft | nonMaskable)) == 0 ? EventContext.Task
            : (flags & nonMaskable) != 0 ? EventContext.NonMaskableInterrupt
            : (flags & hard) != 0 ? EventContext.HardInterrupt
            : EventContext.SoftInterrupt;
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

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void BeginLists(ref DmaEvent e)
    {
        EventLists lists = reader.Lists;
        lists.Begin();
        if (e.Lists != lists)
            e.Lists = lists;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
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
        if (reader.NamesMarkers && metadata.Symbols.Find(_decoder.Number(record, layout.PrintIp)) is { Length: > 0 } function)
            e.EventType = reader.EventNames.Intern(function);
        if (layout.PrintFormat.IsPresent)
        {
            var address = _decoder.Number(record, layout.PrintFormat);
            var format = metadata.PrintkFormats.Find(address);
            if (format is null)
                reader.Bag.Info("HT0123", -1, $"no text for the trace_printk format at 0x{address:x}");
            else if (layout.Name == "bputs")
                reader.Lists.SetText(format.AsSpan().TrimEnd((byte)'\n'));
            else
                reader.Lists.SetText(Encoding.UTF8.GetBytes(BinaryPrintf.Render(format, record[layout.PrintBuffer.Offset..], bigEndian, metadata.LongSize)));
        }
        else if (layout.PrintBuffer.IsPresent)
        {
            var text = record[layout.PrintBuffer.Offset..];
            var end = text.IndexOf((byte)0);
            reader.Lists.SetText((end < 0 ? text : text[..end]).TrimEnd((byte)'\n'));
        }
    }
}
