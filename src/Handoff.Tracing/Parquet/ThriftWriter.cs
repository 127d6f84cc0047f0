using System.Text;
using Handoff.Tracing.Writing;

namespace Handoff.Tracing.Parquet;

/// <summary>Structures of numbered fields, in Thrift's compact protocol. Fields must be written in the order of their numbers.</summary>
/// <param name="to">Where they go.</param>
internal sealed class ThriftWriter(ByteBuilder to)
{
    private const int True = 1, False = 2, Int32 = 5, Int64 = 6, Binary = 8, List = 9, Struct = 12;

    private readonly Stack<int> _outer = new(); // last field of the structures around
    private int _last;

    internal ThriftWriter Bool(int field, bool value) => Head(field, value ? True : False);

    internal ThriftWriter I32(int field, int value)
    {
        Head(field, Int32);
        to.ZigZag(value);
        return this;
    }

    internal ThriftWriter I64(int field, long value)
    {
        Head(field, Int64);
        to.ZigZag(value);
        return this;
    }

    internal ThriftWriter Bytes(int field, ReadOnlySpan<byte> value)
    {
        Head(field, Binary);
        to.Varint((ulong)value.Length).Raw(value);
        return this;
    }

    internal ThriftWriter Text(int field, string value) => Bytes(field, Encoding.UTF8.GetBytes(value));

    internal ThriftWriter I32List(int field, ReadOnlySpan<int> values)
    {
        ListHead(field, Int32, values.Length);
        foreach (int value in values)
            to.ZigZag(value);
        return this;
    }

    internal ThriftWriter TextList(int field, string onlyOne)
    {
        ListHead(field, Binary, 1);
        byte[] bytes = Encoding.UTF8.GetBytes(onlyOne);
        to.Varint((ulong)bytes.Length).Raw(bytes);
        return this;
    }

    /// <summary>Begins a list of structures: <see cref="BeginElement"/> and <see cref="End"/> for each.</summary>
    internal ThriftWriter StructList(int field, int count)
    {
        ListHead(field, Struct, count);
        return this;
    }

    internal ThriftWriter Begin(int field)
    {
        Head(field, Struct);
        return BeginElement();
    }

    internal ThriftWriter BeginElement()
    {
        _outer.Push(_last);
        _last = 0;
        return this;
    }

    /// <summary>Ends a structure; the outermost one too.</summary>
    internal ThriftWriter End()
    {
        to.Raw([0]);
        _outer.TryPop(out _last);
        return this;
    }

    private void ListHead(int field, int type, int count)
    {
        Head(field, List);
        if (count < 15)
            to.Raw([(byte)((count << 4) | type)]);
        else
            to.Raw([(byte)(0xf0 | type)]).Varint((ulong)count);
    }

    // Numbers of fields are written as differences, which are below 16 in everything that is written here.
    private ThriftWriter Head(int field, int type)
    {
        to.Raw([(byte)(((field - _last) << 4) | type)]);
        _last = field;
        return this;
    }
}
