using System.Buffers.Text;

namespace Handoff.Tracing.Recordings.Text;

/// <summary>Reads the <c>key=value</c> payload of DMA events.</summary>
internal sealed class PayloadParser(RecordingReader reader)
{
    internal bool Parse(ReadOnlySpan<byte> text, ref DmaEvent e)
    {
        var ok = true;
        if (text.StartsWith("[FAILED TO PARSE]"u8))
            text = text[17..];
        else if (text.StartsWith("dev_name: "u8))
            text = Device(text[10..], ref e, " dma_mask="u8);
        else if (!e.IsDmaBuf)
            text = Device(text, ref e, " dir="u8);
        while (true)
        {
            text = text.TrimStart((byte)' ');
            if (text.IsEmpty)
                return ok;
            var end = text.IndexOf((byte)' ');
            var word = end < 0 ? text : text[..end];
            var equals = word.IndexOf((byte)'=');
            if (equals < 0)
            {
                if (word.SequenceEqual("FORCE"u8))
                    e.Flags |= EventFlags.Force;
                else if (word.SequenceEqual("[TRUNCATED]"u8))
                    e.Flags |= EventFlags.Truncated;
                else if (!word.SequenceEqual("NORMAL"u8))
                    ok = false;
            }
            else if (word[(equals + 1)..].StartsWith("ARRAY["u8))
            {
                end = text.IndexOf((byte)']');
                if (end < 0)
                    return false;
                ok &= RawArray(word[..equals], text[(equals + 7)..end], ref e);
                end++;
            }
            else
            {
                ok &= Value(word[..equals], word[(equals + 1)..], ref e);
            }

            if (end < 0 || end >= text.Length)
                return ok;
            text = text[end..];
        }
    }

    private ReadOnlySpan<byte> Device(ReadOnlySpan<byte> text, scoped ref DmaEvent e, ReadOnlySpan<byte> next)
    {
        var end = text.IndexOf((byte)' ');
        if (end > 0 && !text[end..].StartsWith(next) && text.IndexOf(next) is var far and > 0)
            end = far; // a device name with blanks
        if (end < 0)
            end = text.Length;
        e.Device = reader.Devices.Intern(text[..end]);
        return text[end..];
    }

    private bool Value(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, ref DmaEvent e)
    {
        ulong number;
        switch (key)
        {
            case [(byte)'d', (byte)'i', (byte)'r']:
                return Direction(value, ref e);
            case var _ when key.SequenceEqual("dma_addr"u8):
                var ok = Hex(value, out number);
                e.DmaAddress = new DmaAddress(number);
                return ok;
            case var _ when key.SequenceEqual("size"u8):
                ok = Utf8Parser.TryParse(value, out number, out _);
                e.Size = number;
                return ok;
            case var _ when key.SequenceEqual("phys_addr"u8) || key.SequenceEqual("dev_addr"u8):
                ok = Hex(value, out number);
                e.PhysicalValue = number;
                return ok;
            case var _ when key.SequenceEqual("attrs"u8):
                ok = AttributeNames.TryParse(value, out var attributes);
                e.Attributes = attributes;
                return ok;
            case var _ when key.SequenceEqual("dma_addrs"u8):
                return List64(value, physical: e.Kind == DmaEventKind.MapSgErr);
            case var _ when key.SequenceEqual("phys_addrs"u8):
                return List64(value, physical: true);
            case var _ when key.SequenceEqual("sizes"u8) || key.SequenceEqual("lengths"u8):
                return List32(value);
            case var _ when key.SequenceEqual("nents"u8):
                if (e.IsDmaBuf)
                    return false; // the number of the exporter's name has this place
                ok = Full(value, out var full);
                e.NentsValue = full;
                return ok;
            case var _ when key.SequenceEqual("ents"u8):
                ok = Full(value, out full);
                e.FullEnts = full;
                return ok;
            case var _ when key.SequenceEqual("full_nents"u8):
                if (e.IsDmaBuf)
                    return false;
                ok = Full(value, out full);
                e.NentsValue = full;
                return ok;
            case var _ when key.SequenceEqual("full_ents"u8):
                ok = Full(value, out full);
                e.FullEnts = full;
                return ok;
            case var _ when key.SequenceEqual("truncated"u8):
                if (!value.SequenceEqual("0"u8))
                    e.Flags |= EventFlags.Truncated;
                return true;
            case var _ when key.SequenceEqual("device"u8) || key.SequenceEqual("dev_name"u8):
                e.Device = reader.Devices.Intern(value);
                return true;
            case var _ when key.SequenceEqual("dma_mask"u8):
                ok = Hex(value, out number);
                e.VirtualValue = number;
                return ok;
            case var _ when key.SequenceEqual("attach"u8):
                ok = Hex(value, out number);
                e.VirtualValue = number;
                return ok;
            case var _ when key.SequenceEqual("is_dynamic"u8):
                if (!value.SequenceEqual("0"u8))
                    e.Flags |= EventFlags.Dynamic;
                return true;
            case var _ when key.SequenceEqual("virt_addr"u8):
                e.Flags |= EventFlags.HashedPointer;
                ok = Hex(value, out number);
                if (!ok && value.StartsWith("("u8) && !value.SequenceEqual("(null)"u8))
                    (ok, number) = (true, DmaEvent.UnknownPointer); // (____ptrval____): hashing was not ready when the text was made
                e.VirtualValue = number;
                return ok || value.StartsWith("("u8);
            case var _ when key.SequenceEqual("flags"u8):
                reader.Lists.SetText(value);
                return true;
            case var _ when key.SequenceEqual("err"u8) || key.SequenceEqual("fd"u8):
                ok = Utf8Parser.TryParse(value, out int error, out _);
                e.ErrorValue = error;
                return ok;
            case var _ when key.SequenceEqual("exp_name"u8):
                if (!e.IsDmaBuf)
                    return false;
                e.NentsValue = reader.Exporters.Intern(value);
                return true;
            case var _ when key.SequenceEqual("ino"u8):
                ok = Utf8Parser.TryParse(value, out number, out _);
                e.PhysicalValue = number;
                return ok;
            default:
                return true; // fields of later kernels
        }
    }

    private static bool Direction(ReadOnlySpan<byte> value, ref DmaEvent e)
    {
        var direction = value switch
        {
            _ when value.SequenceEqual("TO_DEVICE"u8) || value.SequenceEqual("1"u8) => DmaDirection.ToDevice,
            _ when value.SequenceEqual("FROM_DEVICE"u8) || value.SequenceEqual("2"u8) => DmaDirection.FromDevice,
            _ when value.SequenceEqual("BIDIRECTIONAL"u8) || value.SequenceEqual("0"u8) => DmaDirection.Bidirectional,
            _ when value.SequenceEqual("NONE"u8) || value.SequenceEqual("3"u8) => DmaDirection.None,
            _ => (DmaDirection)(-1),
        };
        if (direction < 0)
        {
            e.Direction = DmaDirection.None;
            return value.StartsWith("0x"u8); // a value that was never stored
        }

        e.Direction = direction;
        e.Flags |= EventFlags.Direction;
        return true;
    }

    private static bool Hex(ReadOnlySpan<byte> text, out ulong value)
    {
        if (text.StartsWith("0x"u8))
            text = text[2..];
        value = 0;
        if (text.Length is 0 or > 16)
            return false;
        foreach (var c in text)
        {
            var digit = c switch
            {
                >= (byte)'0' and <= (byte)'9' => c - '0',
                >= (byte)'a' and <= (byte)'f' => c - 'a' + 10,
                >= (byte)'A' and <= (byte)'F' => c - 'A' + 10,
                _ => -1,
            };
            if (digit < 0)
                return false;
            value = (value << 4) | (uint)digit;
        }

        return true;
    }

    /// <summary>The second number of <c>a/b</c>, or the only one.</summary>
    private static bool Full(ReadOnlySpan<byte> value, out int full)
    {
        var slash = value.IndexOf((byte)'/');
        return Utf8Parser.TryParse(value[(slash + 1)..], out full, out _);
    }

    private bool List64(ReadOnlySpan<byte> value, bool physical)
    {
        if (!Braces(ref value, out var count))
            return false;
        var list = physical ? reader.Lists.ResizePhysical(count) : reader.Lists.ResizeDma(count);
        var ok = true;
        for (var i = 0; i < count; i++)
            ok &= Hex(Next(ref value), out list[i]);
        return ok;
    }

    private bool List32(ReadOnlySpan<byte> value)
    {
        if (!Braces(ref value, out var count))
            return false;
        var list = reader.Lists.ResizeLengths(count);
        var ok = true;
        for (var i = 0; i < count; i++)
        {
            ok &= Hex(Next(ref value), out var length);
            list[i] = (uint)length;
        }

        return ok;
    }

    private static bool Braces(ref ReadOnlySpan<byte> value, out int count)
    {
        count = 0;
        if (value.Length < 2 || value[0] != (byte)'{' || value[^1] != (byte)'}')
            return false;
        value = value[1..^1];
        count = value.IsEmpty ? 0 : value.Count((byte)',') + 1;
        return true;
    }

    private static ReadOnlySpan<byte> Next(ref ReadOnlySpan<byte> value)
    {
        var comma = value.IndexOf((byte)',');
        var item = comma < 0 ? value : value[..comma];
        value = comma < 0 ? default : value[(comma + 1)..];
        return item;
    }

    /// <summary><c>ARRAY[68, 05, …]</c>: bytes, little endian, as trace-cmd shows arrays it could not print.</summary>
    private bool RawArray(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, ref DmaEvent e)
    {
        var bytes = value.Trim((byte)' ').IsEmpty ? 0 : value.Count((byte)',') + 1;
        var lengths = key.SequenceEqual("lengths"u8);
        var size = lengths ? 4 : 8;
        var count = bytes / size;
        var wide = lengths ? default : key.SequenceEqual("dma_addrs"u8) ? reader.Lists.ResizeDma(count) : reader.Lists.ResizePhysical(count);
        var narrow = lengths ? reader.Lists.ResizeLengths(count) : default;
        var ok = bytes % size == 0;
        for (var i = 0; i < count; i++)
        {
            ulong number = 0;
            for (var b = 0; b < size; b++)
            {
                ok &= Hex(Next(ref value).Trim((byte)' '), out var one);
                number |= one << (8 * b);
            }

            if (lengths)
                narrow[i] = (uint)number;
            else
                wide[i] = number;
        }

        _ = e;
        return ok;
    }
}
