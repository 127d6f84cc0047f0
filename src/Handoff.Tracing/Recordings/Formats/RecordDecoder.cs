using System.Buffers.Binary;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Handoff.Tracing.Recordings.Formats;

/// <summary>Turns a raw record into an event. One per reader; knows the recording's byte order.</summary>
internal sealed class RecordDecoder(RecordingReader reader, bool bigEndian)
{
    private readonly NameTable _devices = reader.Devices;
    private readonly NameTable _exporters = reader.Exporters;
    private readonly bool _isSwapped = bigEndian == BitConverter.IsLittleEndian; // the recording's byte order is not this machine's

    /// <summary>Decodes a DMA event's own fields. The record must be at least <see cref="EventLayout.MinimumSize"/> long.</summary>
    /// <returns>False when a locator points outside the record; what could be read is in the event.</returns>
    internal bool Decode(ReadOnlySpan<byte> record, EventLayout layout, ref DmaEvent e)
    {
        var ok = true;
        var flags = EventFlags.None;
        e.Device = layout.Device.IsPresent ? Name(record, layout.Device, _devices, ref ok) : 0;
        if (layout.IsPlain && !_isSwapped)
        {
            ref byte start = ref MemoryMarshal.GetReference(record);
            e.Size = layout.WideSize.In(ref start);
            e.DmaAddress = new DmaAddress(layout.WideDma.In(ref start));
            e.PhysicalValue = layout.WidePhysical.In(ref start);
            e.VirtualValue = layout.WideVirtual.In(ref start);
            e.Attributes = (DmaAttributes)layout.WideAttributes.In(ref start);
        }
        else
        {
            e.Size = Number(record, layout.Size);
            e.DmaAddress = new DmaAddress(Number(record, layout.Dma));
            e.PhysicalValue = Number(record, layout.Physical);
            e.VirtualValue = Number(record, layout.Virtual);
            e.Attributes = (DmaAttributes)Number(record, layout.Attributes);
        }

        e.Direction = DmaDirection.None;
        e.GfpFlags = 0;
        e.ErrorValue = e.NentsValue = e.FullEnts = 0;
        if (layout.Direction.IsPresent)
        {
            var direction = Number(record, layout.Direction);
            if (direction <= 3)
            {
                e.Direction = (DmaDirection)direction;
                flags = EventFlags.Direction;
            }
        }

        if (layout.Force.IsPresent && Number(record, layout.Force) == 1)
            flags |= layout.Kind == DmaEventKind.SwiotlbBounced ? EventFlags.Force : EventFlags.Dynamic;
        if (layout.HasMore)
            flags |= DecodeMore(record, layout, ref e, ref ok);
        e.Flags = flags;
        return ok;
    }

    /// <summary>A number, sign-extended where the field is signed; zero when the event has no such field.</summary>
    /// <remarks>The caller has seen to it that the record is at least <see cref="EventLayout.MinimumSize"/> long, so that the field lies in it.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal ulong Number(ReadOnlySpan<byte> record, in Field field)
    {
        Debug.Assert(field.Offset + field.Size <= record.Length, "fields lie within the smallest record of their layout");
        ref byte at = ref Unsafe.Add(ref MemoryMarshal.GetReference(record), (nint)field.Offset);
        return field.Size == sizeof(ulong) ? InOrder(Unsafe.ReadUnaligned<ulong>(ref at)) : Narrow(ref at, field);
    }

    /// <summary>What few events have.</summary>
    private EventFlags DecodeMore(ReadOnlySpan<byte> record, EventLayout layout, ref DmaEvent e, ref bool ok)
    {
        var flags = EventFlags.None;
        e.GfpFlags = (uint)Number(record, layout.Gfp);
        e.ErrorValue = (int)Number(record, layout.Error);
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
                e.NentsValue = (int)Number(record, layout.FullNents);
                e.FullEnts = (int)Number(record, layout.FullEnts);
                if (Number(record, layout.Truncated) != 0)
                    flags |= EventFlags.Truncated;
            }
            else
            {
                e.NentsValue = reader.Lists.PhysicalAddresses.Length;
                e.FullEnts = reader.Lists.DmaAddresses.Length;
            }
        }
        else if (layout.Exporter.IsPresent)
        {
            e.NentsValue = Name(record, layout.Exporter, _exporters, ref ok);
        }

        return flags;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ulong Narrow(ref byte at, in Field field)
    {
        if (field.Size == sizeof(uint))
        {
            var word = Unsafe.ReadUnaligned<uint>(ref at);
            if (_isSwapped)
                word = BinaryPrimitives.ReverseEndianness(word);
            return field.Signed ? (ulong)(int)word : word;
        }

        return field.Size == 0 ? 0 : Narrowest(ref at, field);
    }

    private ulong Narrowest(ref byte at, in Field field)
    {
        if (field.Size != sizeof(ushort))
            return field.Signed ? (ulong)(sbyte)at : at;
        var half = Unsafe.ReadUnaligned<ushort>(ref at);
        if (_isSwapped)
            half = BinaryPrimitives.ReverseEndianness(half);
        return field.Signed ? (ulong)(short)half : half;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ulong InOrder(ulong value) => _isSwapped ? BinaryPrimitives.ReverseEndianness(value) : value;

    /// <summary>The bytes a locator points at.</summary>
    private ReadOnlySpan<byte> Located(ReadOnlySpan<byte> record, in Field field, ref bool ok)
    {
        if (field.Kind == FieldKind.Inline)
            return record.Slice(field.Offset, field.Size);
        var locator = (uint)Number(record, field);
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
        var list = physical ? reader.Lists.ResizePhysical(count) : reader.Lists.ResizeDma(count);
        if (size == 8)
        {
            bytes[..(count * 8)].CopyTo(MemoryMarshal.AsBytes(list));
            if (_isSwapped)
                BinaryPrimitives.ReverseEndianness(list, list);
            return;
        }

        var element = new Field { Size = size, Kind = FieldKind.Scalar };
        for (var i = 0; i < count; i++)
            list[i] = Number(bytes.Slice(i * size, size), element);
    }

    private void List32(ReadOnlySpan<byte> record, in Field field, ref bool ok)
    {
        var bytes = Located(record, field, ref ok);
        var size = field.ElementSize;
        var count = bytes.Length / size;
        var list = reader.Lists.ResizeLengths(count);
        if (size == 4)
        {
            bytes[..(count * 4)].CopyTo(MemoryMarshal.AsBytes(list));
            if (_isSwapped)
                BinaryPrimitives.ReverseEndianness(list, list);
            return;
        }

        var element = new Field { Size = size, Kind = FieldKind.Scalar };
        for (var i = 0; i < count; i++)
            list[i] = (uint)Number(bytes.Slice(i * size, size), element);
    }
}
