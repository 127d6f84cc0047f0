using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Handoff.Tracing.Recordings.Formats;

/// <summary>Turns a raw record into an event. One per reader; knows the recording's byte order.</summary>
internal sealed class RecordDecoder(RecordingReader reader, bool bigEndian)
{
    private readonly NameTable _devices = reader.Devices;
    private readonly NameTable _exporters = reader.Exporters;
    private readonly EventLists _lists = reader.Lists;

    /// <summary>Decodes a DMA event's own fields. The record must be at least <see cref="EventLayout.MinimumSize"/> long.</summary>
    /// <returns>False when a locator points outside the record; what could be read is in the event.</returns>
    internal bool Decode(ReadOnlySpan<byte> record, EventLayout layout, ref DmaEvent e)
    {
        var ok = true;
        var flags = EventFlags.None;
        e.Device = layout.Device.IsPresent ? Name(record, layout.Device, _devices, ref ok) : 0;
        e.Size = Optional(record, layout.Size);
        e.DmaAddress = new DmaAddress(Optional(record, layout.Dma));
        e.PhysicalValue = Optional(record, layout.Physical);
        e.VirtualValue = Optional(record, layout.Virtual);
        e.Attributes = (DmaAttributes)Optional(record, layout.Attributes);
        e.Direction = DmaDirection.None;
        if (layout.Direction.IsPresent)
        {
            var direction = Scalar(record, layout.Direction);
            if (direction <= 3)
            {
                e.Direction = (DmaDirection)direction;
                flags |= EventFlags.Direction;
            }
        }

        e.GfpFlags = (uint)Optional(record, layout.Gfp);
        e.ErrorValue = (int)Optional(record, layout.Error);
        e.NentsValue = 0;
        e.FullEnts = 0;
        if (layout.Force.IsPresent && Scalar(record, layout.Force) == 1)
            flags |= layout.Kind == DmaEventKind.SwiotlbBounced ? EventFlags.Force : EventFlags.Dynamic;
        if (layout.PhysicalList.IsPresent)
            List64(record, layout.PhysicalList, physical: true, ref ok);
        if (layout.DmaList.IsPresent)
            List64(record, layout.DmaList, physical: false, ref ok);
        if (layout.LengthList.IsPresent)
            List32(record, layout.LengthList, ref ok);
        if (layout.Kind == DmaEventKind.MapSg)
        {
            if (layout.HasFullCounts)
            {
                e.NentsValue = (int)Optional(record, layout.FullNents);
                e.FullEnts = (int)Optional(record, layout.FullEnts);
                if (Optional(record, layout.Truncated) != 0)
                    flags |= EventFlags.Truncated;
            }
            else
            {
                e.NentsValue = _lists.PhysicalAddresses.Length;
                e.FullEnts = _lists.DmaAddresses.Length;
            }
        }
        else if (layout.Exporter.IsPresent)
        {
            e.NentsValue = Name(record, layout.Exporter, _exporters, ref ok);
        }

        e.Flags = flags;
        return ok;
    }

    /// <summary>A number, or zero when the event has no such field.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal ulong Optional(ReadOnlySpan<byte> record, in Field field) => field.IsPresent ? Scalar(record, field) : 0;

    /// <summary>A number, sign-extended where the field is signed.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal ulong Scalar(ReadOnlySpan<byte> record, in Field field)
    {
        var at = record[field.Offset..];
        if (field.Size == 8)
        {
            var value = MemoryMarshal.Read<ulong>(at);
            return bigEndian == BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(value) : value;
        }

        return Narrow(at, field);
    }

    private ulong Narrow(ReadOnlySpan<byte> at, in Field field)
    {
        switch (field.Size)
        {
            case 4:
                var word = bigEndian ? BinaryPrimitives.ReadUInt32BigEndian(at) : BinaryPrimitives.ReadUInt32LittleEndian(at);
                return field.Signed ? (ulong)(int)word : word;
            case 2:
                var half = bigEndian ? BinaryPrimitives.ReadUInt16BigEndian(at) : BinaryPrimitives.ReadUInt16LittleEndian(at);
                return field.Signed ? (ulong)(short)half : half;
            default:
                return field.Signed ? (ulong)(sbyte)at[0] : at[0];
        }
    }

    /// <summary>The bytes a locator points at.</summary>
    private ReadOnlySpan<byte> Located(ReadOnlySpan<byte> record, in Field field, ref bool ok)
    {
        if (field.Kind == FieldKind.Inline)
            return record.Slice(field.Offset, field.Size);
        var at = record[field.Offset..];
        var locator = bigEndian ? BinaryPrimitives.ReadUInt32BigEndian(at) : BinaryPrimitives.ReadUInt32LittleEndian(at);
        var offset = (int)(locator & 0xffff);
        var length = (int)(locator >> 16);
        if (field.Kind == FieldKind.RelativeLocator)
            offset += field.Offset + 4;
        if (offset + length <= record.Length)
            return record.Slice(offset, length);
        ok = false;
        return default;
    }

    private int Name(ReadOnlySpan<byte> record, in Field field, NameTable names, ref bool ok)
    {
        return names.InternTerminated(Located(record, field, ref ok));
    }

    private void List64(ReadOnlySpan<byte> record, in Field field, bool physical, ref bool ok)
    {
        var bytes = Located(record, field, ref ok);
        var size = field.ElementSize;
        var count = bytes.Length / size;
        var list = physical ? _lists.ResizePhysical(count) : _lists.ResizeDma(count);
        if (size == 8)
        {
            bytes[..(count * 8)].CopyTo(MemoryMarshal.AsBytes(list));
            if (bigEndian == BitConverter.IsLittleEndian)
                BinaryPrimitives.ReverseEndianness(list, list);
            return;
        }

        var element = new Field { Size = size };
        for (var i = 0; i < count; i++)
            list[i] = Narrow(bytes[(i * size)..], element);
    }

    private void List32(ReadOnlySpan<byte> record, in Field field, ref bool ok)
    {
        var bytes = Located(record, field, ref ok);
        var size = field.ElementSize;
        var count = bytes.Length / size;
        var list = _lists.ResizeLengths(count);
        if (size == 4)
        {
            bytes[..(count * 4)].CopyTo(MemoryMarshal.AsBytes(list));
            if (bigEndian == BitConverter.IsLittleEndian)
                BinaryPrimitives.ReverseEndianness(list, list);
            return;
        }

        var element = new Field { Size = size, Kind = FieldKind.Scalar };
        for (var i = 0; i < count; i++)
            list[i] = (uint)Scalar(bytes[(i * size)..], element);
    }
}
