using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Handoff.Tracing.Recordings.TraceDat;

/// <summary>Renders a <c>trace_printk</c> record: a format string and its arguments, packed as the kernel packs them.</summary>
/// <remarks>Kernel: the layout that <c>vbin_printf</c> (<c>lib/vsprintf.c</c>) writes: 4-byte units, 8-byte values aligned to 4, strings inline.</remarks>
internal static class BinaryPrintf
{
    private const int MaximumText = 4096;

    internal static string Render(ReadOnlySpan<byte> format, ReadOnlySpan<byte> arguments, bool bigEndian, int longSize)
    {
        var text = new StringBuilder();
        var at = 0;
        for (var i = 0; i < format.Length && text.Length < MaximumText; i++)
        {
            if (format[i] != (byte)'%')
            {
                var run = format[i..].IndexOf((byte)'%');
                var literal = run < 0 ? format[i..] : format.Slice(i, run);
                text.Append(Encoding.UTF8.GetString(literal));
                i += literal.Length - 1;
                continue;
            }

            i++;
            var left = false;
            var zero = false;
            var sharp = false;
            var plus = false;
            for (; i < format.Length && format[i] is (byte)'-' or (byte)'0' or (byte)'#' or (byte)'+' or (byte)' '; i++)
            {
                left |= format[i] == (byte)'-';
                zero |= format[i] == (byte)'0';
                sharp |= format[i] == (byte)'#';
                plus |= format[i] == (byte)'+';
            }

            var width = Count(format, ref i, arguments, ref at, bigEndian);
            if (width < 0)
            {
                left = true;
                width = -width;
            }

            var precision = -1;
            if (i < format.Length && format[i] == (byte)'.')
            {
                i++;
                precision = Math.Max(0, Count(format, ref i, arguments, ref at, bigEndian));
            }

            var size = 4;
            var shorts = 0;
            for (; i < format.Length && format[i] is (byte)'h' or (byte)'l' or (byte)'L' or (byte)'q' or (byte)'z' or (byte)'t' or (byte)'j'; i++)
            {
                if (format[i] == (byte)'h')
                    shorts++;
                else if (format[i] == (byte)'l')
                    size = size == longSize && i > 0 && format[i - 1] == (byte)'l' ? 8 : longSize;
                else
                    size = format[i] is (byte)'z' or (byte)'t' ? longSize : 8;
            }

            if (i >= format.Length)
                break;
            size = shorts switch { 1 => 2, >= 2 => 1, _ => size };
            var piece = format[i] switch
            {
                (byte)'%' => "%",
                (byte)'c' => ((char)(byte)Take(arguments, ref at, 1, bigEndian)).ToString(),
                (byte)'d' or (byte)'i' => Signed(Take(arguments, ref at, size, bigEndian), size, plus),
                (byte)'u' => Take(arguments, ref at, size, bigEndian).ToString(CultureInfo.InvariantCulture),
                (byte)'x' => (sharp ? "0x" : "") + Take(arguments, ref at, size, bigEndian).ToString("x", CultureInfo.InvariantCulture),
                (byte)'X' => (sharp ? "0X" : "") + Take(arguments, ref at, size, bigEndian).ToString("X", CultureInfo.InvariantCulture),
                (byte)'o' => Convert.ToString((long)Take(arguments, ref at, size, bigEndian), 8),
                (byte)'p' => "0x" + Take(arguments, ref at, longSize, bigEndian).ToString("x", CultureInfo.InvariantCulture),
                (byte)'s' => Text(arguments, ref at, precision),
                _ => "%" + (char)format[i],
            };
            if (format[i] == (byte)'p')
            {
                while (i + 1 < format.Length && char.IsAsciiLetterOrDigit((char)format[i + 1]))
                    i++;
            }

            width = Math.Min(width, MaximumText);
            text.Append(left ? piece.PadRight(width) : zero && format[i] != (byte)'s' ? piece.PadLeft(width, '0') : piece.PadLeft(width));
        }

        return text.ToString().TrimEnd('\n');
    }

    private static int Count(ReadOnlySpan<byte> format, ref int i, ReadOnlySpan<byte> arguments, ref int at, bool bigEndian)
    {
        if (i < format.Length && format[i] == (byte)'*')
        {
            i++;
            return Math.Clamp((int)Take(arguments, ref at, 4, bigEndian), -MaximumText, MaximumText);
        }

        var value = 0;
        for (; i < format.Length && format[i] is >= (byte)'0' and <= (byte)'9'; i++)
            value = Math.Min(MaximumText, value * 10 + (format[i] - (byte)'0'));
        return value;
    }

    private static string Signed(ulong value, int size, bool plus)
    {
        var number = size switch { 1 => (sbyte)value, 2 => (short)value, 4 => (int)value, _ => (long)value };
        return (plus && number >= 0 ? "+" : "") + number.ToString(CultureInfo.InvariantCulture);
    }

    private static ulong Take(ReadOnlySpan<byte> arguments, ref int at, int size, bool bigEndian)
    {
        var align = Math.Min(size, 4);
        at = (at + align - 1) & -align;
        if (at + size > arguments.Length)
        {
            at = arguments.Length;
            return 0;
        }

        var b = arguments.Slice(at, size);
        at += size;
        return size switch
        {
            1 => b[0],
            2 => bigEndian ? BinaryPrimitives.ReadUInt16BigEndian(b) : BinaryPrimitives.ReadUInt16LittleEndian(b),
            4 => bigEndian ? BinaryPrimitives.ReadUInt32BigEndian(b) : BinaryPrimitives.ReadUInt32LittleEndian(b),
            _ => bigEndian ? BinaryPrimitives.ReadUInt64BigEndian(b) : BinaryPrimitives.ReadUInt64LittleEndian(b),
        };
    }

    private static string Text(ReadOnlySpan<byte> arguments, ref int at, int precision)
    {
        var rest = arguments[Math.Min(at, arguments.Length)..];
        var end = rest.IndexOf((byte)0);
        var text = end < 0 ? rest : rest[..end];
        at += text.Length + 1;
        return Encoding.UTF8.GetString(precision >= 0 && precision < text.Length ? text[..precision] : text);
    }
}
